"""Plans that are tried out, and plans that are kept as drafts."""
