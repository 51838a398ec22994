"""The tests of the query text; a package of its own, so that its modules may be named as those elsewhere."""
