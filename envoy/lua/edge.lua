-- First in the filter chain: the first to see a request and the last to see a reply, Envoy's own replies included.
-- Lets in the headers that the services know, and lets out the headers that the contract names.
--
-- SHARED stands before this script when it reaches Envoy (services/edge/scripts.py).

-- What travels on to Auth and Chat. All else a client sends stays outside: forged forwarding and identity headers, Envoy's
-- own control headers, and anything so large that a service would refuse the call for it.
local REQUEST_HEADERS = {
  [":authority"] = true,
  [":method"] = true,
  [":path"] = true,
  [":scheme"] = true,
  ["authorization"] = true,
  ["content-length"] = true,
  ["content-type"] = true,
  ["idempotency-key"] = true,
  ["transfer-encoding"] = true,
  ["x-envoy-external-address"] = true, -- Envoy's own word for who the client is; Auth needs it
  ["x-forwarded-proto"] = true, -- Envoy's own; without it no route is found
  ["x-request-id"] = true,
}

local function is_any()
  return true
end

local READABLE_ENCODINGS = { deflate = true, gzip = true, identity = true }

-- Only gRPC clients may speak of deadlines and message encodings, in values that gRPC can read: a service that meets another
-- one refuses what the next clients of that connection send under the same name, too, however well they write it.
local GRPC_REQUEST_HEADERS = {
  ["grpc-accept-encoding"] = is_any,
  ["grpc-encoding"] = function(value)
    return READABLE_ENCODINGS[value]
  end,
  ["grpc-timeout"] = function(value)
    return #value <= 9 and value:find("^%d+[HMSmun]$")
  end,
}

-- What a reply may carry; a gRPC reply its grpc-… headers besides.
local REPLY_HEADERS = {
  [":status"] = true,
  ["allow"] = true,
  ["cache-control"] = true,
  ["content-length"] = true,
  ["content-type"] = true,
  ["date"] = true,
  ["retry-after"] = true,
  ["transfer-encoding"] = true,
  ["www-authenticate"] = true,
  ["x-ratelimit-limit"] = true,
  ["x-ratelimit-reason"] = true,
  ["x-ratelimit-remaining"] = true,
  ["x-ratelimit-reset"] = true,
  ["x-request-id"] = true,
}

-- The longest valid Idempotency-Key has 255 characters; one more is enough for Chat to see that a key is too long.
local IDEMPOTENCY_KEY_CUT = SHARED.maximum_idempotency_key_length + 1

local WINDOW_SECONDS = SHARED.window_seconds

-- In a flood of questions, Chat refuses those for which it has no place. By then the edge, Auth and Quota have worked, so the
-- share that Chat would refuse is refused here, by what this worker has seen in the last half second or so. A tenth more than
-- Chat takes goes on to it, and two more: from that is seen that Chat takes more again.
local LEEWAY = 1.1
local PROBES = 2
local FADE_MS = 500
local flood = { at = 0, asked = 0, refused = 0, due = 0, untold = 0 }

local CANCELLED = 499 -- the service was stopped in the middle of the call
local GRPC_UNKNOWN = "2"

-- Headers can't be removed while they are iterated over.
local function remove_all(headers, unwanted)
  local names = {}
  for name, value in pairs(headers) do
    if unwanted(name, value) then
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(names) do
    headers:remove(name)
  end
end

local function percent_decode(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local SHORT_ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n" }

local function json_string(text)
  local escaped = text:gsub('[%c"\\]', function(character)
    return SHORT_ESCAPES[character] or string.format("\\u%04x", character:byte())
  end)
  return '"' .. escaped .. '"'
end

-- A key's own limit when Auth told it, else the limit on failed attempts.
local function fill_in_rate_limit(handle, headers, fallback_limit)
  local principal = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.ext_authz")
  local limit = string.format("%d", principal and principal.requests_per_minute or fallback_limit)
  headers:replace("x-ratelimit-limit", limit)
  headers:replace("x-ratelimit-remaining", limit)
  headers:replace("x-ratelimit-reset", string.format("%d", os.time() + WINDOW_SECONDS))
end

-- A length that is declared needs no waiting for the body, which may never come. Over HTTP/2 it is waited for: most clients
-- there do not expect a reply before they have sent all.
local function is_declared_too_large(handle, headers)
  local declared, metadata = tonumber(headers:get("content-length") or "0"), handle:metadata()
  return declared > SHARED.maximum_body_bytes
    and (metadata:get("widget") or metadata:get("failed_attempts_per_minute"))
    and handle:streamInfo():protocol() ~= "HTTP/2"
end

-- Whether the route is one of those by which Chat is asked.
local function is_question(metadata)
  return metadata:get("failed_attempts_per_minute") or metadata:get("streams_only")
end

local function is_refused_in_flood(now)
  local kept = math.exp(math.min(0, flood.at - now) / FADE_MS)
  flood.at, flood.asked, flood.refused = now, flood.asked * kept + 1, flood.refused * kept
  -- A refusal may come long after its question, when that is forgotten already.
  local taken = math.max(0, flood.asked - flood.refused)
  -- The share of this question and of those before it adds up to whole ones.
  flood.due = flood.due + math.max(0, (flood.asked - LEEWAY * taken - PROBES) / (flood.asked + 1))
  if flood.due < 1 then
    return false
  end
  flood.due, flood.refused, flood.untold = flood.due - 1, flood.refused + 1, flood.untold + 1
  return true
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local grpc = handle:metadata():get("grpc")
  if grpc then
    handle:streamInfo():dynamicMetadata():set("chatmount.edge", "grpc", true)
  end
  remove_all(headers, function(name, value)
    local is_readable = grpc and GRPC_REQUEST_HEADERS[name]
    return not REQUEST_HEADERS[name] and not (is_readable and is_readable(value))
  end)
  if grpc then
    headers:replace("te", "trailers") -- a service hangs up without it, and some proxies take it away
  end
  if handle:metadata():get("widget") then
    -- The transcoder would bind a query to fields of the request, and pass on unchanged what has names of no field.
    headers:replace(":path", (headers:get(":path"):gsub("%?.*", "")))
  end
  local key = headers:get("idempotency-key")
  if key and #key > IDEMPOTENCY_KEY_CUT then
    headers:replace("idempotency-key", key:sub(1, IDEMPOTENCY_KEY_CUT))
  end
  if is_declared_too_large(handle, headers) then
    return handle:respond({ [":status"] = "413" }, "")
  end
  if not is_question(handle:metadata()) then
    return
  end
  if is_refused_in_flood(handle:timestamp()) then
    handle:streamInfo():dynamicMetadata():set("chatmount.edge", "flood", true)
    handle:body() -- a reply before the end of the body would cost the client its connection
    return handle:respond({ [":status"] = "503" }, "")
  end
  if flood.untold > 0 then
    headers:replace("x-chatmount-refused", tostring(flood.untold))
    flood.untold = 0
  end
end

-- Chat had no place for a question.
local function note_refusal(handle, headers)
  local ours = handle:streamInfo():dynamicMetadata():get("chatmount.edge")
  if headers:get("grpc-message") == SHARED.texts.OVERLOADED and is_question(handle:metadata()) and not (ours and ours.flood) then
    flood.refused = flood.refused + 1
  end
end

local function finish_grpc(headers)
  local grpc_status = headers:get("x-chatmount-grpc-status")
  if grpc_status then
    headers:replace("grpc-status", grpc_status)
  end
  if headers:get("grpc-status") == GRPC_UNKNOWN then
    headers:replace("grpc-message", SHARED.texts.INTERNAL)
  end
  remove_all(headers, function(name)
    return not REPLY_HEADERS[name] and not name:find("^grpc%-")
  end)
end

-- `body`: nil in a reply to HEAD.
local function write_error(handle, headers, status, body)
  headers:replace(":status", status)
  headers:replace("content-type", "application/json")
  headers:remove("content-length")
  local buffer = body and handle:body(true)
  if buffer then
    buffer:setBytes(body)
  end
end

-- Turns what the transcoder left of a service's error into the contract's.
local function finish_service_error(handle, headers, status, text)
  if status == CANCELLED then
    status, text = 503, SHARED.texts.UNAVAILABLE
  elseif not SHARED.spoken_statuses[status] then
    status, text = 500, SHARED.texts.INTERNAL
  elseif text == "" then
    text = SHARED.texts.REFUSED
  end
  if (status == 503 or status == 504) and not headers:get("retry-after") then
    headers:replace("retry-after", SHARED.retry_after)
  end
  write_error(handle, headers, tostring(status), '{"error":' .. json_string(text) .. "}")
end

-- The limit in a reply that says nothing else of a window, which it then lacks altogether.
local function unread_limit(headers)
  if headers:get("x-ratelimit-reset") then
    return nil
  end
  local limit = headers:get("x-ratelimit-limit")
  headers:remove("x-ratelimit-limit")
  return limit
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local real_status = headers:get("x-chatmount-status")
  local status = tonumber(real_status or headers:get(":status"))

  note_refusal(handle, headers)
  -- Only the routes of the public methods carry this number. Of a request that could not be read, the route is unknown,
  -- and the local reply brings the number. A widget's limits are not told.
  local unread = unread_limit(headers)
  local of_widget = handle:metadata():get("widget")
  local fallback_limit = handle:metadata():get("failed_attempts_per_minute") or (not of_widget and unread)
  if fallback_limit and status ~= 413 and not headers:get("x-ratelimit-limit") then
    fill_in_rate_limit(handle, headers, fallback_limit)
  end
  -- A reply's content type does not tell what the client spoke: errors come out of the transcoder as application/grpc.
  if handle:metadata():get("grpc") then
    return finish_grpc(headers)
  end

  local grpc_status, text = headers:get("grpc-status"), headers:get("grpc-message")
  remove_all(headers, function(name)
    return not REPLY_HEADERS[name]
  end)
  if fallback_limit or of_widget then
    headers:replace("cache-control", "no-store")
  end
  if grpc_status and real_status then
    write_error(handle, headers, real_status, text and percent_decode(text))
  elseif grpc_status and status >= 400 then
    finish_service_error(handle, headers, status, percent_decode(text or ""))
  elseif headers:get("content-type") == "text/event-stream" then
    headers:replace("content-type", "text/event-stream; charset=utf-8") -- some clients read Latin-1 unless told
  end
end
