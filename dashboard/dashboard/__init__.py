"""The LLM Tracer dashboard: a read-only window on the Tracer API, installed as `llm_tracer_dashboard`.

What is shown
  dashboard       the app: its pages, the proxy beside them, the one task that follows the Tracer API
  pages           one module a page
  components      what is drawn, and the scripts that draw it
  view            what the pages say, as pure values: texts, snippets, keys
  state           what browsers receive over their socket
  live            whether the Tracer API is well, and which traces changed

From a browser to the Tracer API
  launcher        one process, two ports; `serve` is the compiled frontend, and the guard in front
  connection      how long a request may take to arrive
  sign_in         who may see it: `session_cookie`, `attempts` at the password, `peers` behind proxies
  proxy           the part of the Tracer API that pages may read
  api             the client of the Tracer API
  settings        what the environment says
"""

__version__ = "0.1.0"
