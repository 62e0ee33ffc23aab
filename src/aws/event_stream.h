// Messages of application/vnd.amazon.eventstream, in which answers come that are made while they
// are sent (Smithy, "Amazon Event Stream Specification").
#pragma once

#include <string>
#include <string_view>

namespace tandem::aws {

inline constexpr std::string_view kEventStreamType = "application/vnd.amazon.eventstream";
/// What one message may carry.
inline constexpr std::size_t kEventPayloadBytes = 16 * 1024 * 1024;

/// An event of a service: type such as "PayloadChunk". content_type may be empty, which leaves it
/// out. Names and types are the service's own constants, shorter than 64 KiB; payload has at most
/// kEventPayloadBytes.
std::string encode_event(std::string_view type, std::string_view content_type,
                         std::string_view payload);

}  // namespace tandem::aws
