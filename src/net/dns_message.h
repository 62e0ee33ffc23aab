// The server's half of the DNS wire format: queries in, answers out (RFC 1035 §4, EDNS(0) RFC 6891,
// client subnet RFC 7871). Pure: no I/O, no allocation, every read and write bounded by the spans.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "net/dns_name.h"

namespace tandem::net::dns {

enum class Type : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kHinfo = 13,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kNaptr = 35,
  kOpt = 41,
  kDs = 43,
  kSpf = 99,
  kIxfr = 251,
  kAxfr = 252,
  kAny = 255,
  kCaa = 257,
};
inline constexpr std::uint16_t kClassIn = 1;

enum class Rcode : std::uint16_t {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kBadVers = 16,
};
/// "NOERROR", "NXDOMAIN" …
std::string_view rcode_text(Rcode rcode);

inline constexpr std::size_t kPlainUdpBytes = 512;  ///< RFC 1035 §4.2.1
inline constexpr std::uint16_t kEdnsUdpBytes = 4096;
inline constexpr std::uint16_t kOptionClientSubnet = 8;  ///< RFC 7871 §6

/// RFC 7871 §6, as it came: echoed with the answer's scope.
struct ClientSubnet {
  std::uint16_t family = 0;
  std::uint8_t source_prefix = 0;
  std::uint8_t address_size = 0;
  std::array<std::uint8_t, 16> address{};

  /// Of an address of 4 or 16 bytes, of which prefix bits are told.
  static ClientSubnet of(std::span<const std::uint8_t> address, unsigned prefix);
};

struct Query {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  bool recursion_desired = false;
  NameBuffer name;  ///< lower case
  std::uint16_t type = 0;
  std::uint16_t rrclass = 0;
  std::size_t question_bytes = 0;  ///< after the header; 0 when it could not be read
  bool edns = false;
  bool dnssec_ok = false;
  std::uint16_t udp_bytes = kPlainUdpBytes;  ///< what the client takes over UDP, 512..4096
  std::optional<ClientSubnet> subnet;
};

enum class QueryStatus {
  kOk,
  kDrop,     ///< not a query at all: answering it could start a loop of answers
  kFormErr,  ///< answer FORMERR with what could be read
  kNotImp,   ///< another opcode than QUERY
  kBadVers,  ///< EDNS version above 0
};
QueryStatus parse_query(std::span<const std::byte> message, Query& query);

enum class Section { kAnswer, kAuthority, kAdditional };

/// Writes one answer into the caller's buffer, compressing names. What does not fit is not written.
class AnswerWriter {
 public:
  /// out must hold the query's question and an OPT record: 512 bytes always do.
  AnswerWriter(std::span<std::byte> out, std::span<const std::byte> message, const Query& query);

  /// owner and the names in rdata are uncompressed wire names. Sections in their order only.
  /// False, and nothing written, when the record does not fit.
  bool add(Section section, std::string_view owner, Type type, std::uint32_t ttl,
           std::string_view rdata);

  /// To take back a record set that fitted only in part.
  struct Mark {
    std::size_t size;
    std::size_t suffixes;
    std::array<std::uint16_t, 3> counts;
  };
  Mark mark() const { return {size_, suffix_count_, counts_}; }
  void rollback(const Mark& mark);

  void set_authoritative(bool authoritative = true) { authoritative_ = authoritative; }
  void set_truncated() { truncated_ = true; }
  bool truncated() const { return truncated_; }
  void set_rcode(Rcode rcode) { rcode_ = rcode; }
  /// RFC 7871 §7.2.1: how many bits of the client's address the answer depends on; 0 unless said.
  void set_scope(std::uint8_t bits) { scope_ = bits; }
  Rcode rcode() const { return rcode_; }
  /// Writes header and OPT. Returns the size of the message.
  std::size_t finish();

 private:
  /// A name that stands in the message, and a digest that nearly always tells it from others.
  struct Suffix {
    std::uint32_t digest;
    std::uint16_t offset;
  };
  static constexpr std::size_t kMaxSuffixes = 64;

  void u8(std::uint8_t value) { out_[size_++] = value; }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void bytes(std::string_view text);
  /// Where the name's longest known suffix starts; nothing when none is known.
  std::optional<std::uint16_t> find_suffix(std::string_view suffix) const;
  bool same_name_at(std::size_t offset, std::string_view name) const;
  void remember(std::size_t offset, std::string_view name);
  /// Where the owner is to point to; remembers the last one, as record sets share theirs.
  std::optional<std::uint16_t> find_owner(std::string_view owner);
  /// The caller has made sure of name.size() bytes.
  void write_name(std::string_view name);
  void write_rdata(Type type, std::string_view rdata);
  std::size_t opt_bytes() const;

  std::uint8_t* out_;
  std::size_t limit_;  ///< for records; room for OPT lies beyond
  std::size_t size_ = 0;
  const Query& query_;
  std::array<Suffix, kMaxSuffixes> suffixes_;
  std::size_t suffix_count_ = 0;
  std::string_view last_owner_;
  std::uint16_t last_owner_offset_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  bool authoritative_ = false;
  bool truncated_ = false;
  Rcode rcode_ = Rcode::kNoError;
  std::uint8_t scope_ = 0;
};

}  // namespace tandem::net::dns
