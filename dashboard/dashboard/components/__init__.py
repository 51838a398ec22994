"""What is drawn: a thin Python wrapper for each page-sized part, and the scripts that draw it, in folders.

The wrappers
  frame         what is around every page
  trace_list, span_list, session_list
                the lists
  trace_view, session_view, compare_view
                the pages of a trace, of a session, of two sides
  wider_views   overview, errors, patterns, ingest, settings
  library       where the scripts are, for Reflex

The scripts
  frame/        what is around every page: rail, top bar, command palette, keys, theme and zone
  question/     what a page is asked for: query, range of time, order, and their address
  list/         the lists of traces and of spans: rows, columns, histogram, facets, and the look beside them
  trace/        the page of a trace: its skeleton, and each view of it
  span/         the selected span: its head, its sections, its attributes, what it can be copied as
  content/      what programs sent: messages, values, JSON, Markdown, formulas, documents, stack traces
  session/      conversations: the lists of sessions and users, a session turn by turn
  compare/      two traces or spans side by side: picking them, aligned rows, differences
  figures/      what is counted: overview, errors, patterns, their charts, and the lists that they lead to
  operating/    what an operator looks at: what arrived or was refused, and the settings
  shared/       what all others build on: reading from the API, formats, keys, icons, small parts

Scripts import each other across folders, but those of `shared/` only each other. No two have the same name.
"""
