// RFC 1952 bodies: Content-Encoding gzip, the data of log subscriptions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/parsed.h"

namespace tandem::net {

std::string gzip(std::string_view bytes);
/// All members of the file, one after the other. More than limit bytes of content is an error,
/// found out without producing them.
core::Parsed<std::string> gunzip(std::string_view bytes, std::size_t limit);

}  // namespace tandem::net
