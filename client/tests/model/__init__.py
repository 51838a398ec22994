"""The tests of the vocabulary; a package of its own, so that its modules may be named as those beside it."""
