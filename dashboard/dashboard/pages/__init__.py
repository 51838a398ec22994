"""One module a page: it puts components together and says nothing about how they draw."""
