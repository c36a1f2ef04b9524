-- A number does not lead to this user any more; to another one it still does.
--
-- KEYS[1]  hpf:{m:HASH}:uid or hpf:{i:HASH}
-- ARGV[1]  user id

if redis.call("GET", KEYS[1]) == ARGV[1] then
    return redis.call("UNLINK", KEYS[1])
end

return 0
