-- The newest cases of a user.
--
-- KEYS[1]  hpf:{u:UID}:cases
-- ARGV     prefix of the cases' keys, status or "" for any, how many
--
-- Returns { { number, item, status, due, steps }, ... }.

local cases = {}

for _, no in ipairs(redis.call("ZREVRANGE", KEYS[1], 0, 999)) do

    local c = redis.call("HMGET", ARGV[1] .. no,
                         "item", "status", "due", "steps")

    if c[1] and (ARGV[2] == "" or c[2] == ARGV[2]) then
        cases[#cases + 1] = { no, c[1], c[2], c[3], c[4] }
    end

    if #cases >= tonumber(ARGV[3]) then
        break
    end
end

return cases
