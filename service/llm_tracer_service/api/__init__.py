"""The HTTP side: routes as data, what they take and answer, the document made of them, and the pages.

`routes/` has one module a subject; `answers` has the types of the answers, `render` fills them from the vocabulary.
"""
