"""Who gets which seat: places of offerings shared among the people of a cohort."""
