-- Library: an error that a call met, in the server's words, with the command where the server leaves it out.
-- named(command, err) → the error without the script's own line, and its first word (WRONGTYPE, OOM, …) or nil
-- Before 7.2 a server does not say which command a user may not run; all other errors are told as they are.

local function named(command, err)
  local told = string.match(err, '^@user_script: ?%d+: %-?(.-)%s*$') or err
  local kind = string.match(told, '^%u%u+')
  return (kind == 'ERR' or not kind) and 'NOPERM ' .. command .. ': ' .. told or told, kind
end
