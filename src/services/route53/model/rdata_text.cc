#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/check.h"
#include "core/text.h"
#include "services/route53/model/name.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

using net::dns::Type;

/// Takes the parts off the front of trusted record data.
class Reader {
 public:
  explicit Reader(std::string_view rdata) : rest_(rdata) {}

  std::uint32_t number(unsigned bytes) {
    CHECK(rest_.size() >= bytes);
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      value = value << 8 | static_cast<unsigned char>(rest_[i]);
    }
    rest_.remove_prefix(bytes);
    return value;
  }
  std::string name() {
    std::size_t size = 0;
    while (rest_[size] != 0) size += 1 + static_cast<unsigned char>(rest_[size]);
    std::string text = name_from_wire(rest_.substr(0, size + 1)).text;
    rest_.remove_prefix(size + 1);
    return text;
  }
  std::string_view string() {
    const std::uint32_t size = number(1);
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < ' ' || code >= 127) {
      out += fmt::format("\\{:03o}", code);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string address_text(int family, std::string_view rdata) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, rdata.data(), text.data(), text.size());
}

std::string strings_text(Reader reader) {
  std::string text;
  while (!reader.rest().empty()) {
    if (!text.empty()) text += ' ';
    text += quoted(reader.string());
  }
  return text;
}

std::string numbers_then_name(Reader reader, unsigned numbers) {
  std::string text;
  for (unsigned i = 0; i < numbers; ++i) text += fmt::format("{} ", reader.number(2));
  return text + reader.name();
}

std::string soa_text(Reader reader) {
  std::string text = reader.name();
  text += ' ' + reader.name();
  for (int i = 0; i < 5; ++i) text += fmt::format(" {}", reader.number(4));
  return text;
}

std::string naptr_text(Reader reader) {
  std::string text;
  for (int i = 0; i < 2; ++i) text += fmt::format("{} ", reader.number(2));
  for (int i = 0; i < 3; ++i) text += quoted(reader.string()) + ' ';
  return text + reader.name();
}

std::string caa_text(Reader reader) {
  std::string text = fmt::format("{} ", reader.number(1));
  text += reader.string();
  return text + ' ' + quoted(reader.rest());
}

/// Numbers of as many bytes, then a digest.
std::string digest_text(Reader reader, std::initializer_list<unsigned> sizes) {
  std::string text;
  for (const unsigned size : sizes) text += fmt::format("{} ", reader.number(size));
  return text + core::to_upper(core::hex_encode(reader.rest()));
}

}  // namespace

std::string rdata_text(Type type, std::string_view rdata) {
  if (type == kSshfp) return digest_text(Reader(rdata), {1, 1});
  if (type == kTlsa) return digest_text(Reader(rdata), {1, 1, 1});
  if (type == kSvcb || type == kHttps) return svcb_text(rdata);
  switch (type) {
    case Type::kA:
      return address_text(AF_INET, rdata);
    case Type::kAaaa:
      return address_text(AF_INET6, rdata);
    case Type::kCname:
    case Type::kNs:
    case Type::kPtr:
      return Reader(rdata).name();
    case Type::kMx:
      return numbers_then_name(Reader(rdata), 1);
    case Type::kSrv:
      return numbers_then_name(Reader(rdata), 3);
    case Type::kTxt:
    case Type::kSpf:
      return strings_text(Reader(rdata));
    case Type::kSoa:
      return soa_text(Reader(rdata));
    case Type::kNaptr:
      return naptr_text(Reader(rdata));
    case Type::kCaa:
      return caa_text(Reader(rdata));
    case Type::kDs:
      return digest_text(Reader(rdata), {2, 1, 1});
    default:
      return core::hex_encode(rdata);
  }
}

}  // namespace tandem::route53
