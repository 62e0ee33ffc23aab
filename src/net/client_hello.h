// How much of a TLS ClientHello is still to come: read before there is any TLS state, since that
// takes about a hundred kilobytes, and whoever connects has sent nothing yet. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::net {

/// A hello is read up to this size; longer ones (RFC 8446 allows 16 MB, browsers send 2 KB) are
/// OpenSSL's to judge as they arrive.
inline constexpr std::size_t kMostOfHello = 16 * 1024;

/// How many more bytes can be read without reading past the hello: its record's header first, then
/// the record, and the next one when the message goes on in it (RFC 8446 §5.1). 0 when it is whole,
/// longer than kMostOfHello, or not the beginning of a hello: then it is OpenSSL's turn.
std::size_t missing_of_client_hello(std::string_view bytes);

/// The host name that a whole hello asks for (RFC 6066 §3), in lower case. Empty when it asks for
/// none, or for something that is no host name, and of whatever is no hello.
std::string server_name_in(std::string_view bytes);

}  // namespace tandem::net
