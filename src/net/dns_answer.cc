#include "net/dns_answer.h"

namespace tandem::net::dns {
namespace {

void put_u16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

/// Reads big-endian numbers; the caller checks the bounds.
std::uint32_t get(std::span<const std::byte> message, std::size_t at, unsigned bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(message[at + i]);
  }
  return value;
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Leading bytes, names and trailing bytes of rdata that may hold compressed names.
struct Layout {
  std::size_t before = 0;
  unsigned names = 0;
  std::size_t after = 0;
};
Layout layout_of(Type type) {
  switch (type) {
    case Type::kNs:
    case Type::kCname:
    case Type::kPtr:
      return {0, 1, 0};
    case Type::kMx:
      return {2, 1, 0};
    case Type::kSoa:
      return {0, 2, 20};
    default:
      return {};
  }
}

/// False when a name in it is malformed or the parts do not fill [at, end) exactly.
bool expand_rdata(std::span<const std::byte> message, std::size_t at, std::size_t end,
                  Record& record) {
  const Layout layout = layout_of(record.type);
  if (layout.names == 0) {
    record.rdata = text_of(message.subspan(at, end - at));
    return true;
  }
  if (at + layout.before > end) return false;
  record.rdata = text_of(message.subspan(at, layout.before));
  at += layout.before;
  NameBuffer name;
  for (unsigned i = 0; i < layout.names; ++i) {
    const auto next = read_name(message, at, name);
    if (!next || *next > end) return false;
    record.rdata += name.view();
    at = *next;
  }
  if (at + layout.after != end) return false;
  record.rdata += text_of(message.subspan(at, layout.after));
  return true;
}

/// Of the client subnet option among an OPT record's; nothing without a whole one.
std::optional<std::uint8_t> subnet_scope(std::string_view options) {
  const auto bytes = std::as_bytes(std::span(options));
  for (std::size_t at = 0; at + 4 <= bytes.size();) {
    const std::size_t length = get(bytes, at + 2, 2);
    if (at + 4 + length > bytes.size()) return std::nullopt;
    if (get(bytes, at, 2) == kOptionClientSubnet && length >= 4) {
      return static_cast<std::uint8_t>(options[at + 7]);
    }
    at += 4 + length;
  }
  return std::nullopt;
}

struct Reader {
  std::span<const std::byte> message;
  std::size_t at = kHeaderBytes;

  bool section(unsigned count, std::vector<Record>& into, Answer& answer,
               unsigned& extended_rcode) {
    NameBuffer owner;
    // Each record takes at least 11 bytes, which bounds the loop by the message.
    for (unsigned i = 0; i < count; ++i) {
      const auto after = read_name(message, at, owner);
      if (!after || *after + 10 > message.size()) return false;
      const std::size_t end = *after + 10 + get(message, *after + 8, 2);
      if (end > message.size()) return false;
      Record record;
      record.owner = owner.view();
      record.type = static_cast<Type>(get(message, *after, 2));
      record.ttl = get(message, *after + 4, 4);
      if (!expand_rdata(message, *after + 10, end, record)) return false;
      at = end;
      if (record.type == Type::kOpt) {
        extended_rcode = record.ttl >> 24;
        answer.subnet_scope = subnet_scope(record.rdata);
      } else {
        into.push_back(std::move(record));
      }
    }
    return true;
  }
};

}  // namespace

std::string encode_query(std::uint16_t id, std::string_view wire_name, Type type, Edns edns,
                         const ClientSubnet* subnet) {
  std::string out;
  put_u16(out, id);
  put_u16(out, 0);
  put_u16(out, 1);
  put_u16(out, 0);
  put_u16(out, 0);
  put_u16(out, edns == Edns::kYes ? 1 : 0);
  out += wire_name;
  put_u16(out, static_cast<unsigned>(type));
  put_u16(out, kClassIn);
  if (edns == Edns::kYes) {
    out += '\0';
    put_u16(out, static_cast<unsigned>(Type::kOpt));
    put_u16(out, kEdnsUdpBytes);
    out.append(4, '\0');
    put_u16(out, subnet == nullptr ? 0 : 8u + subnet->address_size);
    if (subnet == nullptr) return out;
    put_u16(out, kOptionClientSubnet);
    put_u16(out, 4u + subnet->address_size);
    put_u16(out, subnet->family);
    out += static_cast<char>(subnet->source_prefix);
    out += '\0';
    out.append(reinterpret_cast<const char*>(subnet->address.data()), subnet->address_size);
  }
  return out;
}

core::Parsed<Answer> parse_answer(std::span<const std::byte> message) {
  if (message.size() < kHeaderBytes) return core::ParseError{"shorter than a header", 0};
  Answer answer;
  answer.id = static_cast<std::uint16_t>(get(message, 0, 2));
  const std::uint32_t flags = get(message, 2, 2);
  if ((flags & 0x8000) == 0) return core::ParseError{"not an answer", 2};
  answer.authoritative = (flags & 0x0400) != 0;
  answer.truncated = (flags & 0x0200) != 0;
  if (get(message, 4, 2) > 1) return core::ParseError{"more than one question", 4};

  Reader reader{message};
  if (get(message, 4, 2) == 1) {
    NameBuffer name;
    const auto after = read_name(message, reader.at, name);
    if (!after || *after + 4 > message.size()) {
      return core::ParseError{"malformed question", reader.at};
    }
    answer.question = name.view();
    answer.question_type = static_cast<Type>(get(message, *after, 2));
    reader.at = *after + 4;
  }
  unsigned extended = 0;
  std::vector<Record>* const sections[] = {&answer.answers, &answer.authorities,
                                           &answer.additionals};
  for (unsigned i = 0; i < 3; ++i) {
    if (!reader.section(get(message, 6 + 2 * i, 2), *sections[i], answer, extended)) {
      return core::ParseError{"malformed record", reader.at};
    }
  }
  answer.rcode = static_cast<Rcode>((flags & 0x0F) | extended << 4);
  return answer;
}

}  // namespace tandem::net::dns
