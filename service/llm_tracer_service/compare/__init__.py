"""Compares two traces or two spans: which spans belong together, what differs, where it began. Pure.

align       pairs the spans
payloads    whether two spans say the same
totals      the figures of one side
rows        what differs in each pair, and where the sides first differ
messages    what two spans say, message by message
text_diff   two texts, word by word
json_diff   two values, place by place
common      the longest common subsequence
"""
