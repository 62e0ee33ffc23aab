// Record data: the text of ResourceRecord.Value and the bytes of DNS, both ways, for each type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/parsed.h"
#include "net/dns_message.h"

namespace tandem::route53 {

/// Types that the wire codec has no names for: RFC 4255, RFC 6698, RFC 9460.
inline constexpr auto kSshfp = static_cast<net::dns::Type>(44);
inline constexpr auto kTlsa = static_cast<net::dns::Type>(52);
inline constexpr auto kSvcb = static_cast<net::dns::Type>(64);
inline constexpr auto kHttps = static_cast<net::dns::Type>(65);

/// "A" … The types hosted zones hold; nothing for others.
std::optional<net::dns::Type> type_from_text(std::string_view text);
std::string_view type_text(net::dns::Type type);

/// An error's message names Route 53's problem: "ARRDATAIllegalIPv4Address (Value is not a valid
/// IPv4 address)".
core::Parsed<std::string> parse_rdata(net::dns::Type type, std::string_view value);
/// The inverse, in the form Route 53 shows. rdata must be well formed.
std::string rdata_text(net::dns::Type type, std::string_view rdata);

/// SVCB and HTTPS: "1 svc.example.com. alpn=\"h2,h3\" port=443".
core::Parsed<std::string> parse_svcb(std::string_view value);
std::string svcb_text(std::string_view rdata);

/// Four bytes of a dotted quad.
std::optional<std::string> parse_ipv4(std::string_view text);
std::optional<std::string> parse_ipv6(std::string_view text);

}  // namespace tandem::route53
