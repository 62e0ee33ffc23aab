#include "services/route53/model/name.h"

#include <vector>

#include "net/dns_name.h"

namespace tandem::route53 {
namespace {

namespace dns = net::dns;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}
bool is_octal(char c) { return c >= '0' && c <= '7'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void escape_label(std::string_view label, std::string& text) {
  for (const char raw : label) {
    const char c = lower(raw);
    if (is_plain(c)) {
      text += c;
      continue;
    }
    const auto code = static_cast<unsigned char>(c);
    text += '\\';
    text += static_cast<char>('0' + (code >> 6));
    text += static_cast<char>('0' + (code >> 3 & 7));
    text += static_cast<char>('0' + (code & 7));
  }
  text += '.';
}

struct Labels {
  std::vector<std::string> labels;
  std::string problem;
};

/// Splits at dots and resolves \NNN.
Labels split_labels(std::string_view text) {
  Labels result;
  std::string label;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.') {
      result.labels.push_back(std::move(label));
      label.clear();
    } else if (c == '\\') {
      if (at + 3 >= text.size() || text[at + 1] > '3' || !is_octal(text[at + 1]) ||
          !is_octal(text[at + 2]) || !is_octal(text[at + 3])) {
        result.problem = "UnsupportedCharacter (Value contains unsupported characters)";
        return result;
      }
      label += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                 (text[at + 3] - '0'));
      at += 3;
    } else if (c <= ' ' || c >= 127 || c == '"') {
      result.problem = "UnsupportedCharacter (Value contains unsupported characters)";
      return result;
    } else {
      label += c;
    }
  }
  if (!label.empty()) result.labels.push_back(std::move(label));
  return result;
}

}  // namespace

core::Parsed<DomainName> parse_name(std::string_view text) {
  if (text.empty() || text == ".")
    return core::ParseError{"DomainNameEmpty (Domain name is empty)"};
  const Labels split = split_labels(text);
  if (!split.problem.empty()) return core::ParseError{split.problem};
  dns::NameBuffer wire;
  DomainName name;
  for (const std::string& label : split.labels) {
    if (label.empty()) return core::ParseError{"DomainLabelEmpty (Domain label is empty)"};
    if (label.size() > dns::kMaxLabelBytes) {
      return core::ParseError{"DomainLabelTooLong (Domain label is too long)"};
    }
    if (!wire.append(label)) {
      return core::ParseError{"DomainNameTooLong (Domain name is too long)"};
    }
    escape_label(label, name.text);
  }
  if (!wire.close()) return core::ParseError{"DomainNameTooLong (Domain name is too long)"};
  name.wire = wire.view();
  return name;
}

DomainName name_from_wire(std::string_view wire) {
  DomainName name;
  name.wire = wire;
  for (; !dns::is_root(wire); wire = dns::parent(wire)) {
    escape_label(wire.substr(1, static_cast<unsigned char>(wire[0])), name.text);
  }
  if (name.text.empty()) name.text = ".";
  return name;
}

std::string reversed(const DomainName& name) {
  std::string order;
  std::string_view rest = name.text;
  while (!rest.empty()) {
    rest.remove_suffix(1);
    const std::size_t dot = rest.rfind('.');
    const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
    order += rest.substr(start);
    order += '.';
    rest = rest.substr(0, start);
  }
  return order;
}

bool is_wildcard(const DomainName& name) { return name.wire.starts_with("\1*"); }

bool lies_within(const DomainName& name, const DomainName& zone) {
  return dns::lies_within(name.wire, zone.wire);
}

}  // namespace tandem::route53
