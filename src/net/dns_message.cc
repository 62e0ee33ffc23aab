#include "net/dns_message.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"

namespace tandem::net::dns {
namespace {

constexpr std::uint16_t kFlagDnssecOk = 0x8000;

std::uint16_t get_u16(std::span<const std::byte> message, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(message[at]) << 8 |
                                    std::to_integer<unsigned>(message[at + 1]));
}

/// RFC 7871 §6: exactly the bytes the prefix needs, zero beyond it, no scope in a query.
bool read_client_subnet(std::span<const std::byte> option, Query& query) {
  if (option.size() < 4) return false;
  ClientSubnet subnet;
  subnet.family = get_u16(option, 0);
  subnet.source_prefix = std::to_integer<std::uint8_t>(option[2]);
  if (option[3] != std::byte{0}) return false;
  const unsigned bits = subnet.family == 1 ? 32 : subnet.family == 2 ? 128 : 0;
  if (bits == 0) return true;  // A family we do not know: no answer depends on it, nothing to echo.
  if (subnet.source_prefix > bits) return false;
  const std::size_t needed = (subnet.source_prefix + std::size_t{7}) / 8;
  if (option.size() != 4 + needed) return false;
  std::memcpy(subnet.address.data(), option.data() + 4, needed);
  subnet.address_size = static_cast<std::uint8_t>(needed);
  const unsigned spare = static_cast<unsigned>(needed * 8) - subnet.source_prefix;
  if (needed > 0 && (subnet.address[needed - 1] & ((1u << spare) - 1)) != 0) return false;
  query.subnet = subnet;
  return true;
}

bool read_options(std::span<const std::byte> options, Query& query) {
  for (std::size_t at = 0; at < options.size();) {
    if (at + 4 > options.size()) return false;
    const std::uint16_t code = get_u16(options, at);
    const std::size_t length = get_u16(options, at + 2);
    at += 4;
    if (at + length > options.size()) return false;
    if (code == kOptionClientSubnet && !read_client_subnet(options.subspan(at, length), query)) {
      return false;
    }
    at += length;
  }
  return true;
}

/// Walks the records after the question and takes in OPT. Each record has at least 11 bytes, which
/// bounds the loop whatever the counts claim.
QueryStatus read_records(std::span<const std::byte> message, std::size_t at, unsigned before_opt,
                         unsigned additional, Query& query) {
  NameBuffer owner;
  std::optional<std::uint8_t> version;
  for (unsigned i = 0; i < before_opt + additional; ++i) {
    const auto after = read_name(message, at, owner);
    if (!after || *after + 10 > message.size()) return QueryStatus::kFormErr;
    const std::size_t fixed = *after;
    const std::size_t length = get_u16(message, fixed + 8);
    if (fixed + 10 + length > message.size()) return QueryStatus::kFormErr;
    if (i >= before_opt && get_u16(message, fixed) == static_cast<std::uint16_t>(Type::kOpt)) {
      // RFC 6891 §6.1.1: one OPT at most, owned by the root.
      if (version || !is_root(owner.view())) return QueryStatus::kFormErr;
      version = std::to_integer<std::uint8_t>(message[fixed + 5]);
      query.edns = true;
      query.udp_bytes =
          std::clamp<std::uint16_t>(get_u16(message, fixed + 2), kPlainUdpBytes, kEdnsUdpBytes);
      query.dnssec_ok = (get_u16(message, fixed + 6) & kFlagDnssecOk) != 0;
      if (*version == 0 && !read_options(message.subspan(fixed + 10, length), query)) {
        return QueryStatus::kFormErr;
      }
    }
    at = fixed + 10 + length;
  }
  return version && *version > 0 ? QueryStatus::kBadVers : QueryStatus::kOk;
}

/// Where the names inside rdata stand, for the types whose names may be compressed (RFC 3597 §4).
struct NamesInRdata {
  std::size_t before;  ///< bytes ahead of the first name
  unsigned names;
};
NamesInRdata names_in(Type type) {
  switch (type) {
    case Type::kNs:
    case Type::kCname:
    case Type::kPtr:
      return {0, 1};
    case Type::kMx:
      return {2, 1};
    case Type::kSoa:
      return {0, 2};
    default:
      return {0, 0};
  }
}

std::size_t name_size(std::string_view bytes) {
  std::size_t at = 0;
  while (bytes[at] != 0) at += 1 + static_cast<std::uint8_t>(bytes[at]);
  return at + 1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Of the name's size, and its first label's size, first and last byte.
std::uint32_t digest_of(std::string_view name) {
  const auto length = static_cast<std::uint8_t>(name[0]);
  return static_cast<std::uint32_t>(name.size()) << 24 | std::uint32_t{length} << 16 |
         std::uint32_t{static_cast<std::uint8_t>(lower(name[1]))} << 8 |
         static_cast<std::uint8_t>(lower(name[length]));
}

bool same_label(const std::uint8_t* a, const char* b, std::size_t size) {
  if (std::memcmp(a, b, size) == 0) return true;
  for (std::size_t i = 0; i < size; ++i) {
    if (lower(static_cast<char>(a[i])) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

ClientSubnet ClientSubnet::of(std::span<const std::uint8_t> address, unsigned prefix) {
  CHECK(address.size() == 4 || address.size() == 16);
  CHECK(prefix <= address.size() * 8);
  ClientSubnet subnet;
  subnet.family = address.size() == 4 ? 1 : 2;
  subnet.source_prefix = static_cast<std::uint8_t>(prefix);
  subnet.address_size = static_cast<std::uint8_t>((prefix + 7) / 8);
  std::copy_n(address.begin(), subnet.address_size, subnet.address.begin());
  if (prefix % 8 != 0) {
    subnet.address[prefix / 8] &= static_cast<std::uint8_t>(0xFF << (8 - prefix % 8));
  }
  return subnet;
}

std::string_view rcode_text(Rcode rcode) {
  switch (rcode) {
    case Rcode::kNoError:
      return "NOERROR";
    case Rcode::kFormErr:
      return "FORMERR";
    case Rcode::kServFail:
      return "SERVFAIL";
    case Rcode::kNxDomain:
      return "NXDOMAIN";
    case Rcode::kNotImp:
      return "NOTIMP";
    case Rcode::kRefused:
      return "REFUSED";
    case Rcode::kBadVers:
      return "BADVERS";
  }
  return "RESERVED";
}

QueryStatus parse_query(std::span<const std::byte> message, Query& query) {
  query = Query();
  if (message.size() < kHeaderBytes) return QueryStatus::kDrop;
  query.id = get_u16(message, 0);
  const std::uint16_t flags = get_u16(message, 2);
  if ((flags & 0x8000) != 0) return QueryStatus::kDrop;
  query.opcode = static_cast<std::uint8_t>(flags >> 11 & 0x0F);
  query.recursion_desired = (flags & 0x0100) != 0;
  if (query.opcode != 0) return QueryStatus::kNotImp;
  if (get_u16(message, 4) != 1) return QueryStatus::kFormErr;

  const auto after = read_name(message, kHeaderBytes, query.name);
  if (!after || *after + 4 > message.size()) return QueryStatus::kFormErr;
  query.type = get_u16(message, *after);
  query.rrclass = get_u16(message, *after + 2);
  query.question_bytes = *after + 4 - kHeaderBytes;
  const unsigned before_opt = unsigned{get_u16(message, 6)} + get_u16(message, 8);
  return read_records(message, *after + 4, before_opt, get_u16(message, 10), query);
}

AnswerWriter::AnswerWriter(std::span<std::byte> out, std::span<const std::byte> message,
                           const Query& query)
    : out_(reinterpret_cast<std::uint8_t*>(out.data())), query_(query) {
  const std::size_t size = std::min<std::size_t>(out.size(), 65535);
  CHECK(size >= kHeaderBytes + query.question_bytes + opt_bytes());
  limit_ = size - opt_bytes();
  std::memset(out_, 0, kHeaderBytes);
  // The question is given back as it came, case included (draft-vixie-dnsext-dns0x20 relies on it).
  std::memcpy(out_ + kHeaderBytes, message.data() + kHeaderBytes, query.question_bytes);
  size_ = kHeaderBytes + query.question_bytes;
  if (query.question_bytes == 0) return;
  std::string_view rest = query.name.view();
  for (std::size_t at = kHeaderBytes; !is_root(rest); rest = parent(rest)) {
    remember(at, rest);
    at += 1 + static_cast<std::uint8_t>(rest[0]);
  }
}

std::size_t AnswerWriter::opt_bytes() const {
  if (!query_.edns) return 0;
  return 11 + (query_.subnet ? std::size_t{8} + query_.subnet->address_size : 0);
}

void AnswerWriter::u16(std::uint16_t value) {
  out_[size_] = static_cast<std::uint8_t>(value >> 8);
  out_[size_ + 1] = static_cast<std::uint8_t>(value);
  size_ += 2;
}

void AnswerWriter::u32(std::uint32_t value) {
  u16(static_cast<std::uint16_t>(value >> 16));
  u16(static_cast<std::uint16_t>(value));
}

void AnswerWriter::bytes(std::string_view text) {
  std::memcpy(out_ + size_, text.data(), text.size());
  size_ += text.size();
}

void AnswerWriter::remember(std::size_t offset, std::string_view name) {
  // A pointer has 14 bits.
  if (suffix_count_ == kMaxSuffixes || offset >= 0x4000) return;
  suffixes_[suffix_count_++] = {digest_of(name), static_cast<std::uint16_t>(offset)};
}

bool AnswerWriter::same_name_at(std::size_t offset, std::string_view name) const {
  for (std::size_t at = 0;;) {
    while ((out_[offset] & 0xC0) == 0xC0) {
      offset = (out_[offset] & 0x3Fu) << 8 | out_[offset + 1];
    }
    const std::size_t length = out_[offset];
    if (length != static_cast<std::uint8_t>(name[at])) return false;
    if (length == 0) return true;
    if (!same_label(out_ + offset + 1, name.data() + at + 1, length)) return false;
    offset += 1 + length;
    at += 1 + length;
  }
}

std::optional<std::uint16_t> AnswerWriter::find_suffix(std::string_view suffix) const {
  const std::uint32_t digest = digest_of(suffix);
  for (std::size_t i = 0; i < suffix_count_; ++i) {
    if (suffixes_[i].digest == digest && same_name_at(suffixes_[i].offset, suffix)) {
      return suffixes_[i].offset;
    }
  }
  return std::nullopt;
}

std::optional<std::uint16_t> AnswerWriter::find_owner(std::string_view owner) {
  if (is_root(owner)) return std::nullopt;
  if (owner.data() == last_owner_.data() && owner.size() == last_owner_.size()) {
    return last_owner_offset_;
  }
  const auto known = find_suffix(owner);
  if (known) {
    last_owner_ = owner;
    last_owner_offset_ = *known;
  }
  return known;
}

void AnswerWriter::write_name(std::string_view name) {
  for (; !is_root(name); name = parent(name)) {
    if (const auto known = find_suffix(name)) {
      u16(static_cast<std::uint16_t>(0xC000 | *known));
      return;
    }
    remember(size_, name);
    bytes(name.substr(0, 1 + static_cast<std::uint8_t>(name[0])));
  }
  u8(0);
}

void AnswerWriter::write_rdata(Type type, std::string_view rdata) {
  const auto [before, names] = names_in(type);
  bytes(rdata.substr(0, before));
  std::size_t at = before;
  for (unsigned i = 0; i < names; ++i) {
    const std::size_t size = name_size(rdata.substr(at));
    write_name(rdata.substr(at, size));
    at += size;
  }
  bytes(rdata.substr(at));
}

bool AnswerWriter::add(Section section, std::string_view owner, Type type, std::uint32_t ttl,
                       std::string_view rdata) {
  // Room is asked for as if nothing compressed, unless that alone would refuse the record.
  const Mark before = mark();
  const auto known = find_owner(owner);
  const std::size_t most = (known ? 2 : owner.size()) + 10 + rdata.size();
  if (size_ + most > limit_) return false;
  if (known) {
    u16(static_cast<std::uint16_t>(0xC000 | *known));
  } else {
    write_name(owner);
  }
  u16(static_cast<std::uint16_t>(type));
  u16(kClassIn);
  u32(ttl);
  const std::size_t length_at = size_;
  size_ += 2;
  write_rdata(type, rdata);
  const std::size_t length = size_ - length_at - 2;
  if (length > 65535) {
    rollback(before);
    return false;
  }
  out_[length_at] = static_cast<std::uint8_t>(length >> 8);
  out_[length_at + 1] = static_cast<std::uint8_t>(length);
  ++counts_[static_cast<std::size_t>(section)];
  return true;
}

void AnswerWriter::rollback(const Mark& mark) {
  size_ = mark.size;
  suffix_count_ = mark.suffixes;
  counts_ = mark.counts;
  last_owner_ = {};
}

std::size_t AnswerWriter::finish() {
  const auto code = static_cast<std::uint16_t>(rcode_);
  if (query_.edns) {
    const std::size_t options = opt_bytes() - 11;
    u8(0);
    u16(static_cast<std::uint16_t>(Type::kOpt));
    u16(kEdnsUdpBytes);
    u32(static_cast<std::uint32_t>(code >> 4) << 24 | (query_.dnssec_ok ? kFlagDnssecOk : 0u));
    u16(static_cast<std::uint16_t>(options));
    if (query_.subnet) {
      u16(kOptionClientSubnet);
      u16(static_cast<std::uint16_t>(options - 4));
      u16(query_.subnet->family);
      u8(query_.subnet->source_prefix);
      u8(scope_);
      bytes({reinterpret_cast<const char*>(query_.subnet->address.data()),
             query_.subnet->address_size});
    }
    ++counts_[2];
  }
  const std::size_t total = size_;
  size_ = 0;
  u16(query_.id);
  u16(static_cast<std::uint16_t>(0x8000 | query_.opcode << 11 | (authoritative_ ? 0x0400 : 0) |
                                 (truncated_ ? 0x0200 : 0) |
                                 (query_.recursion_desired ? 0x0100 : 0) | (code & 0x0F)));
  u16(query_.question_bytes > 0 ? 1 : 0);
  for (const std::uint16_t count : counts_) u16(count);
  size_ = total;
  return total;
}

}  // namespace tandem::net::dns
