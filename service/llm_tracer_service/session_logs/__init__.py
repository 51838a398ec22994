"""The session logs that coding agents keep on their user's disk, as spans. Pure but for `files` and `opencode_database`:
lines in, spans out.

files                     where the logs lie, and whose a file is
claude_code               its sessions, prompt by prompt
claude_code_records       the lines of its logs
claude_code_agents        which tool call started which sub-agent
claude_code_conversation  a conversation as spans
codex, gemini_cli         those of the others, a module a program
qwen_code, opencode
gemini_parts              what Gemini CLI and its fork Qwen Code write alike
opencode_database         the file in which opencode keeps its sessions, as lines
spans                     what the logs of all programs become
values                    members of records, whose types nobody promises
"""
