"""Enrollments: read them, and decide on them once, together and on the record.

- `source`: what the enrollment and course services tell; `show`: lists and details
- `plan`: everything that is known before the first decision, and what the person is shown
- `approve`: approving and rejecting, from the request to the result; `decide`: one decision, in one step of the server
"""
