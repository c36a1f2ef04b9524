-- A subject leads to this user no more.
--
-- KEYS[1]  hpf:{b:HASH}
-- ARGV[1]  uid

if redis.call("GET", KEYS[1]) ~= ARGV[1] then
    return 0
end

return redis.call("UNLINK", KEYS[1])
