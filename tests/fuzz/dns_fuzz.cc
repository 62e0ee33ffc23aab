// Any bytes as a DNS message: the parsers stay within them, and what the writer makes of a question
// reads back.
// clang-format off
// sources: src/core/check.cc src/net/dns_name.cc src/net/dns_message.cc src/net/dns_answer.cc
// clang-format on
#include <cstdint>
#include <span>
#include <vector>

#include "core/check.h"
#include "net/dns_answer.h"
#include "net/dns_message.h"

using namespace tandem::net;  // NOLINT: one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = std::as_bytes(std::span(data, size));
  (void)dns::parse_answer(message);

  dns::Query query;
  if (dns::parse_query(message, query) == dns::QueryStatus::kDrop) return 0;
  std::vector<std::byte> out(512);
  dns::AnswerWriter writer(out, message, query);
  constexpr std::uint8_t kScope = 17;
  writer.set_scope(kScope);
  if (query.question_bytes > 0) {
    const std::string_view name = query.name.view();
    CHECK(dns::is_wire_name(name));
    std::string soa = std::string(name) + std::string(name) + std::string(20, '\1');
    (void)writer.add(dns::Section::kAnswer, name, dns::Type::kCname, 1, name);
    (void)writer.add(dns::Section::kAnswer, name, dns::Type::kA, 1, std::string(4, '\1'));
    (void)writer.add(dns::Section::kAuthority, name, dns::Type::kSoa, 1, soa);
  }
  const std::size_t written = writer.finish();
  CHECK(written <= out.size());
  const auto answer = dns::parse_answer(std::span(out).first(written));
  CHECK(answer.ok());
  CHECK(answer.value().question == query.name.view().substr(0, query.question_bytes > 0 ? 255 : 0));
  // RFC 7871: what came is echoed, with the scope; what was never there is not.
  CHECK(answer.value().subnet_scope == (query.subnet ? std::optional(kScope) : std::nullopt));
  if (query.subnet) {
    const dns::ClientSubnet& subnet = *query.subnet;
    const auto address = std::span(subnet.address).first(subnet.family == 1 ? 4 : 16);
    const auto again = dns::ClientSubnet::of(address, subnet.source_prefix);
    const std::string asked =
        dns::encode_query(1, query.name.view(), dns::Type::kA, dns::Edns::kYes, &again);
    dns::Query parsed;
    CHECK(dns::parse_query(std::as_bytes(std::span(asked)), parsed) == dns::QueryStatus::kOk);
    CHECK(parsed.subnet && parsed.subnet->source_prefix == subnet.source_prefix);
    CHECK(parsed.subnet->address == subnet.address);
  }
  return 0;
}
