"""The session logs that coding agents keep on their user's disk, as spans: one module a program, `spans` for what they share,
`files` for where they lie. Pure but for `files`: lines in, spans out."""
