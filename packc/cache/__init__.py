"""cache: what earlier runs found out, by the content that it was found out from.

Everything here that an unchanged build needs stands on `os`, `sys`, `marshal` and a hash alone:
what this saves is time, and attrs alone would cost more than it saves.
"""
