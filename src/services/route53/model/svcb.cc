// Record data of SVCB and HTTPS (RFC 9460): a priority, a name and parameters by key.
#include <array>
#include <fmt/format.h>
#include <map>
#include <vector>

#include "core/bytes.h"
#include "core/text.h"
#include "services/route53/model/name.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

using Result = core::Parsed<std::string>;

// RFC 9460 §14.3.2, RFC 9461.
enum Key : std::uint16_t { kMandatory, kAlpn, kNoDefaultAlpn, kPort, kIpv4, kEch, kIpv6, kDohPath };
constexpr std::array<std::string_view, 8> kKeys{"mandatory", "alpn", "no-default-alpn", "port",
                                                "ipv4hint",  "ech",  "ipv6hint",        "dohpath"};

core::ParseError problem(std::string_view what) {
  return core::ParseError{fmt::format("SVCBRRDATAInvalid ({})", what)};
}

void put_u16(std::string& out, std::uint64_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

std::optional<std::uint16_t> key_of(std::string_view text) {
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i] == text) return static_cast<std::uint16_t>(i);
  }
  if (!text.starts_with("key")) return std::nullopt;
  const auto number = core::parse_uint(text.substr(3));
  if (!number || *number >= 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::string text_of_key(std::uint16_t key) {
  return key < kKeys.size() ? std::string(kKeys[key]) : fmt::format("key{}", key);
}

/// Takes a word off the front: up to a space outside of quotation marks, which are taken off. A
/// backslash keeps its character.
std::optional<std::string> take_word(std::string_view& value) {
  value = core::trim(value);
  std::string word;
  bool quoted = false;
  std::size_t at = 0;
  for (; at < value.size() && (quoted || value[at] != ' '); ++at) {
    if (value[at] == '"') {
      quoted = !quoted;
    } else if (value[at] == '\\') {
      if (++at == value.size()) return std::nullopt;
      // Of a list's comma the backslash is needed once more.
      if (value[at] == ',') word += '\\';
      word += value[at];
    } else {
      word += value[at];
    }
  }
  if (quoted) return std::nullopt;
  value.remove_prefix(at);
  return word;
}

/// At commas that no backslash keeps.
std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> parts(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == ',') {
      parts.back() += text[++at];
    } else if (text[at] == ',') {
      parts.emplace_back();
    } else {
      parts.back() += text[at];
    }
  }
  return parts;
}

Result parse_addresses(std::string_view text, bool v6) {
  std::string out;
  for (const std::string& each : list_of(text)) {
    const auto address = v6 ? parse_ipv6(each) : parse_ipv4(each);
    if (!address) return problem(fmt::format("{} is not an address", each));
    out += *address;
  }
  return out;
}

Result parse_alpn(std::string_view text) {
  std::string out;
  for (const std::string& protocol : list_of(text)) {
    if (protocol.empty() || protocol.size() > 255) return problem("alpn holds no protocol");
    out += static_cast<char>(protocol.size());
    out += protocol;
  }
  return out;
}

Result parse_mandatory(std::string_view text) {
  std::map<std::uint16_t, bool> keys;
  for (const std::string& each : list_of(text)) {
    const auto key = key_of(each);
    if (!key || *key == kMandatory) return problem(fmt::format("{} cannot be mandatory", each));
    if (!keys.emplace(*key, true).second)
      return problem(fmt::format("{} is mandatory twice", each));
  }
  std::string out;
  for (const auto& [key, unused] : keys) put_u16(out, key);
  return out;
}

Result parse_parameter(std::uint16_t key, std::string_view text) {
  switch (key) {
    case kMandatory:
      return parse_mandatory(text);
    case kAlpn:
      return parse_alpn(text);
    case kNoDefaultAlpn:
      if (!text.empty()) return problem("no-default-alpn has no value");
      return std::string();
    case kPort: {
      const auto port = core::parse_uint(text);
      if (!port || *port > 65535) return problem("port is not a number from 0 to 65535");
      std::string out;
      put_u16(out, *port);
      return out;
    }
    case kIpv4:
    case kIpv6:
      return parse_addresses(text, key == kIpv6);
    case kEch: {
      auto bytes = core::base64_decode(text);
      if (!bytes || bytes->empty()) return problem("ech is not base64");
      return std::move(*bytes);
    }
    default:
      return std::string(text);
  }
}

using Parameters = std::map<std::uint16_t, std::string>;

/// RFC 9460 §8 and §7.1.1.
std::optional<core::ParseError> check_parameters(const Parameters& parameters) {
  if (parameters.contains(kNoDefaultAlpn) && !parameters.contains(kAlpn)) {
    return problem("no-default-alpn goes with alpn only");
  }
  const auto mandatory = parameters.find(kMandatory);
  if (mandatory == parameters.end()) return std::nullopt;
  const std::string& keys = mandatory->second;
  for (std::size_t at = 0; at + 1 < keys.size(); at += 2) {
    const auto key = static_cast<std::uint16_t>(static_cast<unsigned char>(keys[at]) << 8 |
                                                static_cast<unsigned char>(keys[at + 1]));
    if (!parameters.contains(key)) {
      return problem(fmt::format("{} is mandatory and missing", text_of_key(key)));
    }
  }
  return std::nullopt;
}

std::string shown(std::uint16_t key, std::string_view value) {
  const auto u16 = [&](std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(value[at]) << 8 |
                                      static_cast<unsigned char>(value[at + 1]));
  };
  std::vector<std::string> parts;
  switch (key) {
    case kMandatory:
      for (std::size_t at = 0; at + 1 < value.size(); at += 2)
        parts.push_back(text_of_key(u16(at)));
      break;
    case kAlpn:
      for (std::size_t at = 0; at < value.size(); at += 1 + static_cast<unsigned char>(value[at])) {
        parts.emplace_back(value.substr(at + 1, static_cast<unsigned char>(value[at])));
      }
      break;
    case kPort:
      return std::to_string(u16(0));
    case kIpv4:
      for (std::size_t at = 0; at < value.size(); at += 4) {
        parts.push_back(rdata_text(net::dns::Type::kA, value.substr(at, 4)));
      }
      break;
    case kIpv6:
      for (std::size_t at = 0; at < value.size(); at += 16) {
        parts.push_back(rdata_text(net::dns::Type::kAaaa, value.substr(at, 16)));
      }
      break;
    case kEch:
      return core::base64_encode(value);
    default:
      return std::string(value);
  }
  return core::join(parts, ",");
}

}  // namespace

Result parse_svcb(std::string_view value) {
  const auto priority_text = take_word(value);
  const auto priority = priority_text ? core::parse_uint(*priority_text) : std::nullopt;
  if (!priority || *priority > 65535) return problem("Priority is not a number from 0 to 65535");
  std::string out;
  put_u16(out, *priority);
  const auto target = take_word(value);
  if (!target || target->empty()) return problem("Value should contain a priority and a name");
  if (*target == ".") {
    out += '\0';
  } else {
    auto name = parse_name(*target);
    if (!name) return name.error();
    out += name.value().wire;
  }
  Parameters parameters;
  for (value = core::trim(value); !value.empty(); value = core::trim(value)) {
    const auto word = take_word(value);
    if (!word) return problem("A quotation mark or backslash is left open");
    const std::size_t equals = word->find('=');
    const auto key = key_of(std::string_view(*word).substr(0, equals));
    if (!key) return problem(fmt::format("{} is no parameter", *word));
    auto parsed =
        parse_parameter(*key, equals == std::string::npos ? "" : word->substr(equals + 1));
    if (!parsed) return parsed.error();
    if (!parameters.emplace(*key, std::move(parsed).value()).second) {
      return problem(fmt::format("{} is given twice", text_of_key(*key)));
    }
  }
  if (*priority == 0 && !parameters.empty())
    return problem("An alias (priority 0) has no parameters");
  if (const auto wrong = check_parameters(parameters)) return *wrong;
  for (const auto& [key, data] : parameters) {
    if (data.size() > 65535) return problem("A parameter is too long");
    put_u16(out, key);
    put_u16(out, data.size());
    out += data;
  }
  return out;
}

std::string svcb_text(std::string_view rdata) {
  const auto u16 = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(rdata[at]) << 8 |
                                 static_cast<unsigned char>(rdata[at + 1]));
  };
  std::string text = fmt::format("{} ", u16(0));
  std::size_t at = 2;
  while (rdata[at] != 0) at += 1 + static_cast<unsigned char>(rdata[at]);
  ++at;
  text += at == 3 ? "." : name_from_wire(rdata.substr(2, at - 2)).text;
  while (at + 4 <= rdata.size()) {
    const auto key = static_cast<std::uint16_t>(u16(at));
    const std::size_t size = u16(at + 2);
    text += ' ' + text_of_key(key);
    if (size != 0) text += fmt::format("=\"{}\"", shown(key, rdata.substr(at + 4, size)));
    at += 4 + size;
  }
  return text;
}

}  // namespace tandem::route53
