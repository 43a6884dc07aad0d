# SPDX-License-Identifier: Apache-2.0
"""The far end of the tests: a strict SIP user agent with RTP, of the standard library alone.

It shares no code with what it tests. `ongoingcall-farend` beside this folder is its command line.
"""
