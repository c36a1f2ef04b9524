-- A handler of a unit, unless somebody with this mobile is one already.
--
-- KEYS[1]  hpf:{u:UID}:handlers      id by keyed hash of the mobile
-- KEYS[2]  hpf:{u:UID}:handler:HID
-- ARGV     keyed hash of the mobile, id, handlers at most, and members and
--          values of the second key
--
-- Returns 1; 0: there is one with this mobile, -1: there are too many.

if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then
    return 0
end

if redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[3]) then
    return -1
end

redis.call("HSET", KEYS[2], unpack(ARGV, 4))
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])

return 1
