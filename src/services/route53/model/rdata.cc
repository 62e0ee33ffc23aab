#include "services/route53/model/rdata.h"

#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "core/bytes.h"
#include "core/text.h"
#include "services/route53/model/name.h"

namespace tandem::route53 {
namespace {

using net::dns::Type;
using Result = core::Parsed<std::string>;

struct TypeName {
  Type type;
  std::string_view text;
};
constexpr std::array<TypeName, 17> kTypes{{{Type::kA, "A"},
                                           {Type::kAaaa, "AAAA"},
                                           {Type::kCaa, "CAA"},
                                           {Type::kCname, "CNAME"},
                                           {Type::kDs, "DS"},
                                           {kHttps, "HTTPS"},
                                           {Type::kMx, "MX"},
                                           {Type::kNaptr, "NAPTR"},
                                           {Type::kNs, "NS"},
                                           {Type::kPtr, "PTR"},
                                           {Type::kSoa, "SOA"},
                                           {Type::kSpf, "SPF"},
                                           {Type::kSrv, "SRV"},
                                           {kSshfp, "SSHFP"},
                                           {kSvcb, "SVCB"},
                                           {kTlsa, "TLSA"},
                                           {Type::kTxt, "TXT"}}};

core::ParseError problem(std::string text) { return core::ParseError{std::move(text)}; }

void put_u16(std::string& out, std::uint64_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}
void put_u32(std::string& out, std::uint64_t value) {
  put_u16(out, value >> 16 & 0xFFFF);
  put_u16(out, value & 0xFFFF);
}

std::vector<std::string_view> fields_of(std::string_view value) {
  std::vector<std::string_view> fields;
  for (const std::string_view field : core::split(value, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  return fields;
}

/// False when text is not a number from 0 to most.
bool number(std::string_view text, std::uint64_t most, std::uint64_t& value) {
  const auto parsed = core::parse_uint(text);
  if (!parsed || *parsed > most) return false;
  value = *parsed;
  return true;
}

/// Character strings (RFC 1035 §3.3) in quotation marks, with \" \\ and \NNN (octal) inside.
/// Consumes one from the front of value; at most 255 bytes.
Result take_string(std::string_view& value) {
  if (!value.starts_with('"')) {
    return problem("InvalidCharacterString (Value should be enclosed in quotation marks)");
  }
  std::string text;
  for (std::size_t at = 1; at < value.size(); ++at) {
    char c = value[at];
    if (c == '"') {
      if (text.size() > 255) return problem("CharacterStringTooLong (Value is too long)");
      value.remove_prefix(at + 1);
      return text;
    }
    if (c == '\\') {
      const auto digit = [&](std::size_t i) {
        return at + i < value.size() && value[at + i] >= '0' && value[at + i] <= '7';
      };
      if (digit(1) && digit(2) && digit(3) && value[at + 1] <= '3') {
        c = static_cast<char>((value[at + 1] - '0') * 64 + (value[at + 2] - '0') * 8 +
                              (value[at + 3] - '0'));
        at += 3;
      } else if (at + 1 < value.size() && (value[at + 1] == '"' || value[at + 1] == '\\')) {
        c = value[++at];
      } else {
        return problem("InvalidCharacterString (Value contains an unescaped backslash)");
      }
    }
    text += c;
  }
  return problem("InvalidCharacterString (Value should be enclosed in quotation marks)");
}

void put_string(std::string& out, std::string_view text) {
  out += static_cast<char>(text.size());
  out += text;
}

Result parse_txt(std::string_view value) {
  std::string out;
  value = core::trim(value);
  do {
    auto text = take_string(value);
    if (!text) return text.error();
    put_string(out, text.value());
    value = core::trim(value);
  } while (!value.empty());
  return out;
}

Result parse_target(std::string_view value) {
  auto name = parse_name(value);
  if (!name) return name.error();
  return std::move(name).value().wire;
}

Result parse_mx(std::string_view value) {
  const auto fields = fields_of(value);
  if (fields.size() != 2) {
    return problem("MXRRDATANotTwoFields (Value should contain a priority and a domain name)");
  }
  std::uint64_t priority = 0;
  if (!number(fields[0], 65535, priority)) {
    return problem("MXRRDATAInvalidPriority (Priority is not a number from 0 to 65535)");
  }
  std::string out;
  put_u16(out, priority);
  if (fields[1] == ".") return out + '\0';  // RFC 7505: the domain takes no mail
  auto target = parse_target(fields[1]);
  if (!target) return target;
  return out + target.value();
}

Result parse_srv(std::string_view value) {
  const auto fields = fields_of(value);
  if (fields.size() != 4) {
    return problem("SRVRRDATANotFourFields (Value should contain four fields)");
  }
  std::string out;
  for (std::size_t i = 0; i < 3; ++i) {
    std::uint64_t part = 0;
    if (!number(fields[i], 65535, part)) {
      return problem("SRVRRDATAInvalidNumber (A field is not a number from 0 to 65535)");
    }
    put_u16(out, part);
  }
  if (fields[3] == ".") return out + '\0';
  auto target = parse_target(fields[3]);
  if (!target) return target;
  return out + target.value();
}

Result parse_soa(std::string_view value) {
  const auto fields = fields_of(value);
  if (fields.size() != 7) {
    return problem("SOARRDATANotSevenFields (Value should contain seven fields)");
  }
  std::string out;
  for (std::size_t i = 0; i < 2; ++i) {
    auto name = parse_target(fields[i]);
    if (!name) return name;
    out += name.value();
  }
  for (std::size_t i = 2; i < 7; ++i) {
    std::uint64_t part = 0;
    if (!number(fields[i], 0xFFFFFFFF, part)) {
      return problem("SOARRDATAInvalidNumber (A field is not a 32-bit number)");
    }
    put_u32(out, part);
  }
  return out;
}

Result parse_caa(std::string_view value) {  // RFC 8659 §4.1
  value = core::trim(value);
  const std::size_t first = value.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : value.find(' ', first + 1);
  std::uint64_t flags = 0;
  if (second == std::string_view::npos || !number(value.substr(0, first), 255, flags)) {
    return problem("CAARRDATANotThreeFields (Value should contain flags, a tag and a value)");
  }
  const std::string_view tag = value.substr(first + 1, second - first - 1);
  if (tag.empty() || tag.size() > 255) return problem("CAARRDATAInvalidTag (Tag is not valid)");
  for (const char c : tag) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!alnum) return problem("CAARRDATAInvalidTag (Tag is not valid)");
  }
  std::string_view rest = core::trim(value.substr(second));
  auto text = take_string(rest);
  if (!text) return text;
  if (!rest.empty()) return problem("CAARRDATANotThreeFields (Value has more than three fields)");
  std::string out(1, static_cast<char>(flags));
  put_string(out, tag);
  return out + text.value();
}

Result parse_naptr(std::string_view value) {  // RFC 3403 §4.1
  std::string out;
  value = core::trim(value);
  for (int i = 0; i < 2; ++i) {
    const std::size_t space = value.find(' ');
    std::uint64_t part = 0;
    if (space == std::string_view::npos || !number(value.substr(0, space), 65535, part)) {
      return problem("NAPTRRRDATAInvalidNumber (A field is not a number from 0 to 65535)");
    }
    put_u16(out, part);
    value = core::trim(value.substr(space));
  }
  for (int i = 0; i < 3; ++i) {
    auto text = take_string(value);
    if (!text) return text;
    put_string(out, text.value());
    value = core::trim(value);
  }
  if (value == ".") return out + '\0';
  auto target = parse_target(value);
  if (!target) return target;
  return out + target.value();
}

/// Numbers of one byte (DS: the first has two), then hexadecimal digits that may be in pieces.
Result parse_digest(std::string_view value, std::string_view kind,
                    const std::vector<unsigned>& sizes) {
  const auto fields = fields_of(value);
  if (fields.size() <= sizes.size()) {
    return problem(fmt::format("{}RRDATATooFewFields (Value should contain {} fields)", kind,
                               sizes.size() + 1));
  }
  std::string out;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    std::uint64_t part = 0;
    if (!number(fields[i], sizes[i] == 2 ? 65535 : 255, part)) {
      return problem(fmt::format("{}RRDATAInvalidNumber (Field {} is not a number from 0 to {})",
                                 kind, i + 1, sizes[i] == 2 ? 65535 : 255));
    }
    if (sizes[i] == 2) out += static_cast<char>(part >> 8);
    out += static_cast<char>(part);
  }
  std::string hex;
  for (std::size_t i = sizes.size(); i < fields.size(); ++i) hex += fields[i];
  const auto digest = core::hex_decode(core::to_lower(hex));
  if (!digest || digest->empty()) {
    return problem(fmt::format("{}RRDATAInvalidDigest (Digest is not hexadecimal)", kind));
  }
  return out + *digest;
}

}  // namespace

std::optional<Type> type_from_text(std::string_view text) {
  for (const TypeName& known : kTypes) {
    if (known.text == text) return known.type;
  }
  return std::nullopt;
}

std::string_view type_text(Type type) {
  for (const TypeName& known : kTypes) {
    if (known.type == type) return known.text;
  }
  return "?";
}

std::optional<std::string> parse_ipv4(std::string_view text) {
  std::array<char, 4> address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
  return std::string(address.data(), address.size());
}

std::optional<std::string> parse_ipv6(std::string_view text) {
  std::array<char, 16> address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
  return std::string(address.data(), address.size());
}

Result parse_rdata(Type type, std::string_view value) {
  if (type == kSshfp) return parse_digest(value, "SSHFP", {1, 1});   // RFC 4255 §3.2
  if (type == kTlsa) return parse_digest(value, "TLSA", {1, 1, 1});  // RFC 6698 §2.2
  if (type == kSvcb || type == kHttps) return parse_svcb(value);
  switch (type) {
    case Type::kA: {
      auto address = parse_ipv4(value);
      if (address) return *address;
      return problem("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)");
    }
    case Type::kAaaa: {
      auto address = parse_ipv6(value);
      if (address) return *address;
      return problem("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)");
    }
    case Type::kCname:
    case Type::kNs:
    case Type::kPtr:
      return parse_target(value);
    case Type::kMx:
      return parse_mx(value);
    case Type::kTxt:
    case Type::kSpf:
      return parse_txt(value);
    case Type::kSrv:
      return parse_srv(value);
    case Type::kSoa:
      return parse_soa(value);
    case Type::kCaa:
      return parse_caa(value);
    case Type::kNaptr:
      return parse_naptr(value);
    case Type::kDs:  // RFC 4034 §5.3
      return parse_digest(value, "DS", {2, 1, 1});
    default:
      return problem("UnsupportedType (Record type is not supported)");
  }
}

}  // namespace tandem::route53
