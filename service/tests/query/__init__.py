"""The tests of query texts. It is a package so that its modules can have names that others have too."""
