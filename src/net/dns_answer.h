// The client's half of the DNS wire format: queries out, answers in. For `tandem call` and tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "net/dns_message.h"

namespace tandem::net::dns {

enum class Edns { kNo, kYes };

/// One question for a wire name. Recursion is not desired: the other side is authoritative. With a
/// subnet it asks as the resolver of a client there (RFC 7871), and edns must be kYes.
std::string encode_query(std::uint16_t id, std::string_view wire_name, Type type, Edns edns,
                         const ClientSubnet* subnet = nullptr);

struct Record {
  std::string owner;  ///< wire form, lower case
  Type type = Type::kA;
  std::uint32_t ttl = 0;
  std::string rdata;  ///< names in it uncompressed
};

struct Answer {
  std::uint16_t id = 0;
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  bool truncated = false;
  std::string question;  ///< wire form
  Type question_type = Type::kA;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  ///< without OPT
  /// RFC 7871: of the client subnet option, when the answer has one.
  std::optional<std::uint8_t> subnet_scope;
};
core::Parsed<Answer> parse_answer(std::span<const std::byte> message);

}  // namespace tandem::net::dns
