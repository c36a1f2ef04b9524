---@meta
-- luacheck: ignore

-- made of plugins/include/hpf-api.json by tools/luaapi.pl

-- What a handle() or reconcile() gets.
---@class hpf.request
---@field form table<string, any> what was sent, checked against its form
---@field user hpf.user? of an item: nil when nobody is logged in
---@field person hpf.person? of a factor: whom it is about
---@field request_id string as in the log and in the answer
---@field channel string `"app"`, for example
---@field item string the id of the plugin
---@field language string `"zh-CN"` or `"en"`
---@field idempotency_key string? of the request
---@field case_no string? for `reconcile`
---@field data any? for `reconcile`: what `hpf.case.open()` was given

-- Who is logged in.
---@class hpf.user
---@field id string a pseudonym
---@field type string `"individual"` or `"unit"`
---@field level integer 1 or 2
---@field id_no string? ID card number of an individual, in clear
---@field uscc string? unified social credit code of a unit
---@field handler string? of a unit: who acts for it, a pseudonym

-- Whom a factor is about, as far as its manifest asks.
---@class hpf.person
---@field name string? as he is registered, or registers
---@field id_no string? ID card number, in clear
---@field mobile string? his mobile number

-- A call to a back end.
---@class hpf.options
---@field path string what follows the location, with its query
---@field json any? the body
---@field method string? by default `POST` with a body, or `GET`

-- The answer of a back end.
---@class hpf.answer
---@field ok boolean there is an answer with a status of 200 to 299
---@field outcome string see the outcomes
---@field status integer HTTP status, 0 without an answer
---@field body string the bytes
---@field json any? the body parsed, nil if it is no JSON

hpf = {}

--- null of JSON, in both directions
---@type lightuserdata
hpf.null = nil

--- Up to 32 operations at once: hpf.backend, hpf.redis, hpf.sleep and
--- those of hpf.kv, each with its arguments; a string is the name of a
--- back end. Waits.
---@param ... table `{ hpf.kv.get, key }` or `{ "core", { path = p } }`
---@return any ... # one value of each, in the same order
function hpf.all(...) end

--- An array, however many members it has. Returns at once.
---@param t? table without a metatable
---@return table # t, marked as an array of JSON
function hpf.array(t) end

--- Adds a note to the request's audit record, 8 at most. Returns at once.
---@param key string a to z, digits and `_`, at most 29
---@param value string at most 64 bytes; no personal data
---@return true? # nil: it was refused, the log says why
function hpf.audit(key, value) end

--- One call to a back end. Waits.
---@param name string of the manifest
---@param options hpf.options what is sent
---@return hpf.answer # always one
function hpf.backend(name, options) end

hpf.case = {}

--- Opens the case of this request, one at most. Waits.
---@param status string the first one
---@param data? any what `reconcile` will need; it is sealed
---@return string? # the case number, when it is durable
---@return string? # why not
function hpf.case.open(status, data) end

--- Records a step of the case. Waits.
---@param status string the new one
---@param note? string for the user; no personal data
---@param result? any it is sealed
---@return true? # it is recorded
---@return string? # why not
function hpf.case.set(status, note, result) end

hpf.crypto = {}

--- Bytes as a text. Returns at once.
---@param data string at most a mebibyte
---@return string # with padding
function hpf.crypto.base64(data) end

--- Bytes as a text that is fit for a URL. Returns at once.
---@param data string at most a mebibyte
---@return string # without padding
function hpf.crypto.base64url(data) end

--- A digest. Returns at once.
---@param name string `"sha256"` or `"sm3"`
---@param data string at most a mebibyte
---@return string # 32 bytes
function hpf.crypto.digest(name, data) end

--- Compares in a time that tells nothing but the lengths. Returns at once.
---@param a string a secret
---@param b string what somebody says it is
---@return boolean # they are the same
function hpf.crypto.equal(a, b) end

--- Bytes as hexadecimal digits. Returns at once.
---@param data string at most a mebibyte
---@return string # lower case
function hpf.crypto.hex(data) end

--- A keyed digest. Returns at once.
---@param name string `"sha256"` or `"sm3"`
---@param key string any bytes
---@param data string at most a mebibyte
---@return string # 32 bytes
function hpf.crypto.hmac(name, key, data) end

--- Opens what this plugin has sealed. Returns at once.
---@param context string as when it was sealed
---@param text string what seal() gave
---@return string? # what was sealed
---@return string? # `"changed"` or `"no key"`
function hpf.crypto.open(context, text) end

--- For keys, nonces and ids. Returns at once.
---@param n integer 1 to 4096
---@return string # as many bytes
function hpf.crypto.random(n) end

--- Seals a text with the gateway's key, for this plugin and context alone.
--- Returns at once.
---@param context string what it is and whose
---@param text string at most a mebibyte
---@return string # a text
function hpf.crypto.seal(context, text) end

--- The bytes of a text. Returns at once.
---@param text string at most a mebibyte
---@return string? # nil for what is no such text
function hpf.crypto.unbase64(text) end

--- The bytes of a text. Returns at once.
---@param text string at most a mebibyte
---@return string? # nil for what is no such text
function hpf.crypto.unbase64url(text) end

--- The bytes of a text. Returns at once.
---@param text string at most a mebibyte
---@return string? # nil for what is no such text
function hpf.crypto.unhex(text) end

--- Makes a text fit for a part of a path or a query. Returns at once.
---@param text string any bytes
---@return string # percent-encoded
function hpf.escape(text) end

--- Ends the request with a problem document. Does not return.
---@param code string of the API
---@param detail? string a sentence for the user, in his language
---@param extra? table members that are added
function hpf.fail(code, detail, extra) end

--- Money as a number. Returns at once.
---@param text string `"1024.00"`
---@return integer? # 102400, exact; nil for what is no money
function hpf.fen(text) end

hpf.kv = {}

--- Sets a value that is not there. Waits.
---@param key string 1 to 512 bytes
---@param value string at most 256 KiB
---@param ttl integer s, at most 366 days
---@return true? # it was not there
---@return string? # `"exists"`, or why not
function hpf.kv.add(key, value, ttl) end

--- Takes a value away. Waits.
---@param key string 1 to 512 bytes
---@return true? # it is not there
---@return string? # why not
function hpf.kv.del(key) end

--- A value. Waits.
---@param key string 1 to 512 bytes
---@return string? # nil alone: there is none
---@return string? # why not
function hpf.kv.get(key) end

--- Adds to a number. Waits.
---@param key string 1 to 512 bytes
---@param by integer may be negative
---@param ttl integer s, at most 366 days; begins anew
---@return number? # the new one
---@return string? # why not
function hpf.kv.incr(key, by, ttl) end

--- Sets a value. Waits.
---@param key string 1 to 512 bytes
---@param value string at most 256 KiB
---@param ttl integer s, at most 366 days
---@return true? # it is stored
---@return string? # why not
function hpf.kv.set(key, value, ttl) end

hpf.log = {}

--- A line in the error log. Returns at once.
---@param text string no personal data
function hpf.log.debug(text) end

--- A line in the error log. Returns at once.
---@param text string no personal data
function hpf.log.err(text) end

--- A line in the error log. Returns at once.
---@param text string no personal data
function hpf.log.info(text) end

--- A line in the error log. Returns at once.
---@param text string no personal data
function hpf.log.notice(text) end

--- A line in the error log. Returns at once.
---@param text string no personal data
function hpf.log.warn(text) end

hpf.metric = {}

--- A counter, while the file runs; 16 metrics at most. Returns at once.
---@param name string a to z, digits and `_`, at most 29
---@return fun(n?: integer) # adds n, or 1
function hpf.metric.counter(name) end

--- A histogram, while the file runs; 16 metrics at most. Returns at once.
---@param name string a to z, digits and `_`, at most 29
---@return fun(seconds: number) # counts a time
function hpf.metric.histogram(name) end

--- One command on one key of the plugin's own. Waits.
---@param command table `{ "HSET", key, field, value, ttl = s }`
---@return any? # the reply; nil alone: there is none
---@return string? # why not
function hpf.redis(command) end

--- Waits. Waits.
---@param ms integer 0 to 60000
---@return true # always
function hpf.sleep(ms) end

--- Money as a text. Returns at once.
---@param fen integer 102400
---@return string # `"1024.00"`
function hpf.yuan(fen) end
