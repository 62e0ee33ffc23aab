#include "services/apigateway/mapping/builtins.h"

#include "core/bytes.h"
#include "core/text.h"
#include "core/utf8.h"
#include "services/apigateway/mapping/java_text.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/print.h"

namespace tandem::apigateway::mapping {

namespace {

/// URLEncoder.encode(): a form's style.
std::string url_encode(std::string_view given) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string made;
  for (const char each : given) {
    const auto byte = static_cast<unsigned char>(each);
    if ((byte < 0x80 && std::isalnum(byte) != 0) || each == '.' || each == '-' || each == '*' ||
        each == '_') {
      made += each;
    } else if (each == ' ') {
      made += '+';
    } else {
      made += '%';
      made += kHex[byte >> 4];
      made += kHex[byte & 15];
    }
  }
  return made;
}

/// URLDecoder.decode(): an escape that is none fails.
std::string url_decode(std::string_view given) {
  for (std::size_t at = given.find('%'); at != given.npos; at = given.find('%', at + 3)) {
    const std::string_view digits = given.substr(at + 1, 2);
    if (digits.size() < 2 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
      throw RenderError{"java.lang.IllegalArgumentException: URLDecoder: illegal escape"};
    }
  }
  return core::to_utf8(core::percent_decode(given, core::Plus::kSpace));
}

/// Base64.decodeBase64() of commons-codec: what is no digit is passed over, both alphabets are
/// taken,
/// "=" ends it.
std::string base64_decode(std::string_view given) {
  std::string digits;
  for (const char each : given) {
    if (each == '=') break;
    if (std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '+' || each == '/') {
      digits += each;
    } else if (each == '-' || each == '_') {
      digits += each == '-' ? '+' : '/';
    }
  }
  if (digits.size() % 4 == 1) digits.pop_back();
  // Bits of a last digit that are part of no byte do not count.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t left = digits.size() % 4;
  if (left > 0) {
    const std::size_t value = kAlphabet.find(digits.back());
    digits.back() = kAlphabet[value & (left == 2 ? 0x30U : 0x3CU)];
    digits.append(4 - left, '=');
  }
  return core::to_utf8(core::base64_decode(digits).value_or(""));
}

}  // namespace

Value InputHost::body(Engine& engine) {
  if (!body_) {
    engine.budget().spend_bytes(input_.body.size());
    body_ = text(input_.body.empty() ? "{}" : std::string(input_.body));
  }
  return *body_;
}

const Value& InputHost::document(Engine& engine) {
  if (!document_) {
    const std::string_view source = input_.body.empty() ? "{}" : input_.body;
    engine.budget().spend(source.size() / 8);  // Once, however often it is asked for.
    auto parsed = json::parse_text(source, kJsonDepth);
    if (parsed) {
      document_ = engine.heap().own_json(std::move(parsed).value());
    } else {
      // Its reader takes a bare text for a string: how Serverless's own template reads forms,
      // $input.path('$').split('&').
      const bool bare = source.find_first_of("{[\"") != source.find_first_not_of(" \t\r\n");
      document_ = bare ? text(std::string(source)) : Value();
    }
  }
  return *document_;
}

std::optional<Value> InputHost::find(Engine& engine, const std::string& path) {
  engine.budget().spend_bytes(path.size());
  auto known = paths_.find(path);
  if (known == paths_.end()) {
    engine.budget().spend(path.size() / 2);
    auto parsed = JsonPath::parse(path);
    if (!parsed) {
      throw RenderError{"the JSONPath " + path.substr(0, 100) +
                        " cannot be read: " + parsed.error().message};
    }
    known = paths_.emplace(path, std::move(parsed).value()).first;
  }
  const Value& root = document(engine);
  if (root.is_null()) return std::nullopt;
  return known->second.find(engine.heap(), root);
}

Value InputHost::params(Engine& engine) {
  if (!params_) {
    Map* made = engine.heap().map();
    made->put(engine.heap(), "path", engine.heap().own_json(*input_.path));
    made->put(engine.heap(), "querystring", engine.heap().own_json(*input_.querystring));
    made->put(engine.heap(), "header", engine.heap().own_json(*input_.header));
    params_ = made;
  }
  return *params_;
}

Value InputHost::param(Engine& engine, const std::string& name) {
  engine.budget().spend_bytes(name.size());
  for (const json::object* each : {input_.path, input_.querystring, input_.header}) {
    if (const json::value* found = json::find(*each, name)) return engine.heap().of_json(*found);
  }
  return text("");
}

Value InputHost::property(Engine& engine, std::string_view name) {
  return name == "body" ? body(engine) : Value();
}

std::optional<Value> InputHost::call(Engine& engine, std::string_view name,
                                     const std::vector<Value>& arguments) {
  if (arguments.empty()) {
    if (name == "params") return params(engine);
    if (name == "getBody") return body(engine);
    return std::nullopt;
  }
  if (arguments.size() != 1) return std::nullopt;
  const std::string given = engine.print(arguments.front());
  if (name == "params") return param(engine, given);
  if (name == "path") return find(engine, given).value_or(Value());
  if (name != "json") return std::nullopt;
  const auto found = find(engine, given);
  return text(found ? json_string(engine, engine.heap(), *found) : "\"\"");
}

std::optional<Value> UtilHost::call(Engine& engine, std::string_view name,
                                    const std::vector<Value>& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  const std::string given = engine.print(arguments.front());
  engine.budget().spend(given.size() / 8);
  if (name == "escapeJavaScript") return text(escape_java_script(given));
  if (name == "base64Encode") return text(core::base64_encode(given));
  engine.budget().spend(given.size() / 2);
  if (name == "urlEncode") return text(url_encode(core::to_utf8(given)));
  if (name == "urlDecode") return text(url_decode(given));
  if (name == "base64Decode") return text(base64_decode(given));
  if (name != "parseJson") return std::nullopt;
  auto parsed = json::parse_text(given, kJsonDepth);
  if (!parsed) throw RenderError{"$util.parseJson(): " + parsed.error().message};
  return engine.heap().own_json(std::move(parsed).value());
}

}  // namespace tandem::apigateway::mapping
