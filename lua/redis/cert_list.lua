-- A certificate is listed with its user.
--
-- KEYS[1]  hpf:{u:UID}:certs
-- ARGV     hash of the certificate, what is known of it (sealed), how many
--          there may be
--
-- Returns 1, or 0: there are too many.

if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0
    and redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[3])
then
    return 0
end

redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])

return 1
