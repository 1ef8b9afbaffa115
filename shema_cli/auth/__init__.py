"""Who is signed in, and whether they are an admin (contract 2.4).

- `gate`: may this command run; `token`: an ID token read and verified; `session`: what is kept between commands, and
  renewed; `keyring`: the operating system's; `certificates`: Google's, to verify with
- `login`: signing in with a password, a `browser` or a `service_account`, with a second factor (`mfa`); `status`
- `project`: which Firebase, or which emulator; `identity_toolkit`: its REST; `directory`: its accounts, for admins
"""
