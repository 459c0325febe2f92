"""Commands for who may do what: keys, accounts, and the trail of what was done."""
