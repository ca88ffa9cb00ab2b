-- Reads the JSON body of POST /v1/chat: refuses what is not what the contract says, hands on only the fields that it
-- names, and sends `"stream": true` to the streaming method. For the routes with `streams_only` it reads their bodies
-- alike, and whatever they say of `stream`, they get one.
--
-- The transcoder behind this filter is more lenient than JSON (single quotes, bare names, "true" for true) and stumbles
-- over some valid JSON (a field given twice, deep nesting), so it gets to see only what was written here.
--
-- Of native gRPC it sees that there is one whole message.
--
-- SHARED stands before this script when it reaches Envoy (services/edge/scripts.py).

local NOT_JSON = SHARED.texts.NOT_JSON
local NOT_AN_OBJECT = SHARED.texts.NOT_AN_OBJECT

-- In the order of chat.proto. `null` is as good as absent.
local FIELDS = SHARED.fields
local FIELD_OF = {}
for _, field in ipairs(FIELDS) do
  FIELD_OF[field.name] = field
end

local ESCAPES = '^["\\/bfnrt]'

local CLOSING = { ["{"] = "}", ["["] = "]" }

local function skip_space(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function is_surrogate(unit, first, last)
  return unit ~= nil and unit >= first and unit <= last
end

-- Returns the position after the string that opens at `at`, and whether it has half of a character, which no UTF-8 can say.
local function parse_string(text, at)
  local has_half = false
  at = at + 1
  while true do
    local stop = text:find('["\\%z\1-\31]', at)
    if not stop then
      error(NOT_JSON, 0)
    end
    local character = text:sub(stop, stop)
    if character == '"' then
      return stop + 1, has_half
    elseif character ~= "\\" then
      error(NOT_JSON, 0)
    elseif text:find(ESCAPES, stop + 1) then
      at = stop + 2
    else
      local unit = tonumber(text:match("^u(%x%x%x%x)", stop + 1) or error(NOT_JSON, 0), 16)
      at = stop + 6
      if is_surrogate(unit, 0xD800, 0xDFFF) then
        local low = tonumber(text:match("^\\u(%x%x%x%x)", at) or "", 16)
        if unit < 0xDC00 and is_surrogate(low, 0xDC00, 0xDFFF) then
          at = at + 6
        else
          has_half = true
        end
      end
    end
  end
end

local function parse_number(text, at)
  local stop = text:match("^%-?0()", at) or text:match("^%-?[1-9]%d*()", at) or error(NOT_JSON, 0)
  stop = text:match("^%.%d+()", stop) or stop
  return text:match("^[eE][+-]?%d+()", stop) or stop
end

-- Returns the type of what is neither array nor object, and the position after it.
local function parse_scalar(text, at)
  if text:sub(at, at) == '"' then
    local after, has_half = parse_string(text, at)
    return has_half and "half string" or "string", after
  elseif text:find("^true", at) then
    return "boolean", at + 4
  elseif text:find("^false", at) then
    return "boolean", at + 5
  elseif text:find("^null", at) then
    return "null", at + 4
  end
  return "number", parse_number(text, at)
end

-- Returns the position of the quote that ends the name at `at`, and where the value of that name begins.
local function parse_name(text, at)
  if text:sub(at, at) ~= '"' then
    error(NOT_JSON, 0)
  end
  local after = parse_string(text, at)
  local colon = skip_space(text, after)
  if text:sub(colon, colon) ~= ":" then
    error(NOT_JSON, 0)
  end
  return after - 1, skip_space(text, colon + 1)
end

-- Returns the position after the array or object that opens at `at`. It does not call itself for what is inside: a stack
-- of calls has an end, and JSON may be nested as deep as a body can hold.
local function parse_nested(text, at)
  local closing, depth = {}, 0
  local _, is_value_next
  repeat
    local close = CLOSING[text:sub(at, at)]
    if close then
      depth = depth + 1
      closing[depth] = close
      at = skip_space(text, at + 1)
      is_value_next = text:sub(at, at) ~= close
    else
      _, at = parse_scalar(text, at)
      is_value_next = false
    end
    while not is_value_next and depth > 0 do
      at = skip_space(text, at)
      local mark = text:sub(at, at)
      if mark == closing[depth] then
        depth = depth - 1
      elseif mark == "," then
        is_value_next = true
      else
        error(NOT_JSON, 0)
      end
      at = at + 1
    end
    if depth > 0 then
      at = skip_space(text, at)
      if closing[depth] == "}" then
        _, at = parse_name(text, at)
      end
    end
  until depth == 0
  return at
end

-- Returns the type of the value at `at` and the position after it.
local function parse_value(text, at)
  local first = text:sub(at, at)
  if CLOSING[first] then
    return first == "{" and "object" or "array", parse_nested(text, at)
  end
  return parse_scalar(text, at)
end

-- Calls `visit(raw name, type of the value, raw value)` for each member; returns the position after the object.
local function parse_members(text, at, visit)
  at = skip_space(text, at + 1)
  if text:sub(at, at) == "}" then
    return at + 1
  end
  while true do
    local name_end, start = parse_name(text, at)
    local kind, after = parse_value(text, start)
    visit(text:sub(at, name_end), kind, text:sub(start, after - 1))
    at = skip_space(text, after)
    local mark = text:sub(at, at)
    if mark == "}" then
      return at + 1
    elseif mark ~= "," then
      error(NOT_JSON, 0)
    end
    at = skip_space(text, at + 1)
  end
end

-- The well-formed sequences of more than one byte, by their first byte.
local SEQUENCES = {
  "^[\194-\223][\128-\191]()",
  "^\224[\160-\191][\128-\191]()",
  "^[\225-\236\238\239][\128-\191][\128-\191]()",
  "^\237[\128-\159][\128-\191]()",
  "^\240[\144-\191][\128-\191][\128-\191]()",
  "^[\241-\243][\128-\191][\128-\191][\128-\191]()",
  "^\244[\128-\143][\128-\191][\128-\191]()",
}

local function check_utf8(text)
  local at = text:find("[\128-\255]")
  while at do
    local after
    for _, sequence in ipairs(SEQUENCES) do
      after = text:match(sequence, at)
      if after then
        break
      end
    end
    at = text:find("[\128-\255]", after or error(NOT_JSON, 0))
  end
end

-- A name may be spelled with escapes, like any string.
local function plain_name(raw)
  return (raw:sub(2, -2):gsub("\\u00(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- Returns the raw values of the known fields, by name. Raises the public text of what is wrong.
local function read_fields(text)
  check_utf8(text)
  if text:sub(1, 3) == "\239\187\191" then
    text = text:sub(4) -- a byte order mark, as some editors write it
  end
  local start = skip_space(text, 1)
  if start > #text then
    error(NOT_AN_OBJECT, 0)
  end
  if text:sub(start, start) ~= "{" then
    local _, after = parse_value(text, start)
    error(skip_space(text, after) > #text and NOT_AN_OBJECT or NOT_JSON, 0)
  end
  local values, kinds = {}, {}
  local after = parse_members(text, start, function(raw_name, kind, raw_value)
    local name = plain_name(raw_name)
    if FIELD_OF[name] then
      values[name], kinds[name] = raw_value, kind -- given twice, the last one counts
    end
  end)
  if skip_space(text, after) <= #text then
    error(NOT_JSON, 0)
  end
  for _, field in ipairs(FIELDS) do
    local kind = kinds[field.name]
    if kind == "null" then
      values[field.name] = nil
    elseif kind == "half string" and field.type == "string" then
      error(field.half_character, 0)
    elseif kind and kind ~= field.type then
      error(field.wrong_type, 0)
    end
  end
  return values
end

local function write_fields(values)
  local members = {}
  for _, field in ipairs(FIELDS) do
    local value = values[field.name]
    if value then
      members[#members + 1] = '"' .. field.name .. '":' .. value
    end
  end
  return "{" .. table.concat(members, ",") .. "}"
end

-- Envoy takes a 400 of its own for a broken connection and closes it, so this one gets its status from the local reply
-- mapper that knows it by the metadata.
local function refuse(handle, text)
  handle:streamInfo():dynamicMetadata():set("chatmount.edge", "refused", true)
  handle:respond({ [":status"] = "422" }, text)
end

local FRAME_HEAD_BYTES = 5
local NO_MESSAGE = "\0\0\0\0\1\255"

-- gRPC's server waits for a message of which the end, or all, is missing, long after the client has said that this was
-- all. What it gets instead, it refuses.
local function check_frame(handle)
  local body = handle:body(true)
  local size = body:length() - FRAME_HEAD_BYTES
  if size >= 0 then
    local _, a, b, c, d = body:getBytes(0, FRAME_HEAD_BYTES):byte(1, FRAME_HEAD_BYTES)
    if size == ((a * 256 + b) * 256 + c) * 256 + d then
      return
    end
  end
  handle:headers():remove("content-length")
  body:setBytes(NO_MESSAGE)
end

function envoy_on_request(handle)
  if handle:metadata():get("grpc") then
    return check_frame(handle)
  end
  -- Content-Type is not asked for: clients forget it (curl -d says it sends a form), and the body speaks for itself. The
  -- transcoder would pass on what calls itself gRPC.
  handle:headers():replace("content-type", "application/json")
  local body = handle:body(true)
  local read, values = pcall(read_fields, body:getBytes(0, body:length()))
  if not read then
    return refuse(handle, values)
  end
  body:setBytes(write_fields(values))
  if handle:metadata():get("streams_only") then
    return
  end
  -- A query string would be bound to fields of the request.
  if values.stream == "true" then
    handle:streamInfo():dynamicMetadata():set("chatmount.edge", "stream", true)
    handle:headers():replace(":path", "/v1/chat:stream")
  else
    handle:headers():replace(":path", "/v1/chat")
  end
end
