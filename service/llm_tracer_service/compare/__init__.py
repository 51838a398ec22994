"""Two traces, or two spans, side by side: which spans belong together, what differs, where it began. Pure.

`align` pairs the spans, `payloads` tells whether two say the same, `divergence` finds where they part; `messages`,
`text_diff` and `json_diff` show what two of them say.
"""
