"""The processes of a sandbox: started, watched, and gone without a trace."""
