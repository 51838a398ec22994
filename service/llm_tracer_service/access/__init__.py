"""Who may ask and send, and how much.

auth    who is asking, and what they may do
keys    API keys: their form, and the file that holds them
limits  how many spans a project may send
"""
