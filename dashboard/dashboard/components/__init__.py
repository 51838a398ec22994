"""What is drawn: a thin Python wrapper for each page-sized part, beside the JSX that draws it."""
