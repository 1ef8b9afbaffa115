"""Sign-in in a sandbox: an identity endpoint with the shapes of the Firebase Auth emulator."""
