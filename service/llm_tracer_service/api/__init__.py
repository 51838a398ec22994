"""The HTTP side: routes as data, what they take and answer, the document made of them, and the pages.

`routes/` has one module a subject; `answers/` has the types of the answers.

From a request
  operation          a route as data, and the one way in which all are run
  params             query parameters that several routes take
  ids                ids in paths
  otlp_paths         where OTLP is taken
  buckets            intervals of time: `5m`, `1h`, `auto`
  etags, ranges      two headers of HTTP
  lookup             what several routes look up

To an answer
  render             the vocabulary as answers
  render_aggregates  figures over time and by value
  render_compare     comparisons and hints
  skeleton           a trace in columns
  references         large values by reference
  shortened          long values by their beginning
  repeats            notes about calls that are reported twice
  responses          answers as bytes, compressed if that pays
  envelope           what every answer has
  refusals           the answer to a refused request; `not_served` is for what other products serve

The pages and the document
  html               templates, escaped, without JavaScript
  page_view          what they show
  project_shown      which project they show
  openapi            the OpenAPI document
"""
