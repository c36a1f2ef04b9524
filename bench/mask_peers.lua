-- What bench/mask is compared with: the masking of a whole body in nginx-lua,
-- by regular expressions and by a decode and an encode.  Both mask the four
-- keys, and ID card, mobile and bank card numbers in text, and no more.

local cjson = require "cjson"

local gsub = ngx.re.gsub
local find = string.find
local sub = string.sub

local _M = {}


-- The first and the last of a name's characters of three bytes, or its first.

local function name(v)
    if #v > 6 then
        return sub(v, 1, 3) .. ("*"):rep(#v / 3 - 2) .. sub(v, -3)
    end

    return sub(v, 1, 3) .. "*"
end


local function keep(left, right)
    return function(v)
        return sub(v, 1, left) .. ("*"):rep(#v - left - right)
               .. sub(v, -right)
    end
end


local id = keep(6, 4)
local mobile = keep(3, 4)
local card = keep(0, 4)

local keys = { name = name, idNo = id, mobile = mobile, bankCard = card }


local function number(v)
    if #v == 11 then
        return mobile(v)
    end

    return (#v == 18) and id(v) or card(v)
end


local function by_key(m)
    return m[1] .. keys[m[2]](m[3]) .. '"'
end


local function by_value(m)
    return number(m[0])
end


local KEY = [[("(name|idNo|mobile|bankCard)"\s*:\s*")([^"\\]*)"]]
local VALUE = [[(?<![0-9*])(?:1[3-9]\d{9}|[1-9]\d{16}[\dXx]|[1-9]\d{15,18})]]
              .. [[(?![0-9Xx*])]]


function _M.regex(body)
    body = gsub(body, KEY, by_key, "jo")

    return (gsub(body, VALUE, by_value, "jo"))
end


local function walk(t)
    for k, v in pairs(t) do
        local kind = type(v)

        if kind == "table" then
            walk(v)

        elseif kind == "string" then
            local f = keys[k]

            if f then
                t[k] = f(v)

            elseif find(v, "%d%d%d%d%d%d%d%d%d%d%d") then
                t[k] = gsub(v, VALUE, by_value, "jo")
            end
        end
    end
end


function _M.tree(body)
    local t = cjson.decode(body)

    walk(t)

    return cjson.encode(t)
end


-- The body filter: all of the body is held until its end is there.

function _M.filter(mask)
    local arg, ctx = ngx.arg, ngx.ctx
    local parts = ctx.parts

    if not parts then
        parts = {}
        ctx.parts = parts
    end

    if arg[1] ~= "" then
        parts[#parts + 1] = arg[1]
    end

    if not arg[2] then
        arg[1] = nil
        return
    end

    if #parts > 0 then
        arg[1] = mask(table.concat(parts))
        ctx.parts = {}
    end
end


return _M
