-- The newest cases of a user.
--
-- KEYS[1]  hpf:{u:UID}:cases
-- ARGV     prefix of the cases' keys, status or "" for any, how many, "1" in a
--          cluster
--
-- Returns { { number, item, status, due, steps }, ... }.
--
-- The cases are in the slot of KEYS[1].  When that moves to another server and
-- a case is not where this key is, the answer is the one that Redis has for
-- keys that it knows beforehand.

local cases = {}

for _, no in ipairs(redis.call("ZREVRANGE", KEYS[1], 0, 999)) do

    local c = redis.pcall("HMGET", ARGV[1] .. no,
                          "item", "status", "due", "steps")

    if ARGV[4] == "1" and (c.err or not c[1]) then
        return redis.error_reply("TRYAGAIN cases are moving")
    end

    if c[1] and (ARGV[2] == "" or c[2] == ARGV[2]) then
        cases[#cases + 1] = { no, c[1], c[2], c[3], c[4] }
    end

    if #cases >= tonumber(ARGV[3]) then
        break
    end
end

return cases
