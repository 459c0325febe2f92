"""What people see of themselves."""
