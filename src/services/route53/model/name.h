// Domain names as Route 53 writes them: lower case, with the last dot, every byte other than
// a-z, 0-9, '-', '_' as \NNN in octal, so that a wildcard reads \052.example.com.
#pragma once

#include <string>
#include <string_view>

#include "core/parsed.h"

namespace tandem::route53 {

struct DomainName {
  std::string text;  ///< "www.example.com."
  std::string wire;  ///< the same in DNS wire form
  bool operator==(const DomainName& other) const { return wire == other.wire; }
};

/// Takes what the API takes: any case, last dot optional, "*" or "\052". An error's message is
/// Route 53's problem with it: "DomainLabelEmpty (Domain label is empty)".
core::Parsed<DomainName> parse_name(std::string_view text);
/// wire must be a name, in lower case.
DomainName name_from_wire(std::string_view wire);

/// "com.example.www.": what ListResourceRecordSets and ListHostedZonesByName order by.
std::string reversed(const DomainName& name);

bool is_wildcard(const DomainName& name);
bool lies_within(const DomainName& name, const DomainName& zone);

}  // namespace tandem::route53
