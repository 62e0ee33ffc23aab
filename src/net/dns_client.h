// Resolving names at one DNS server, as a client behind a cache would: UDP first, TCP when the
// answer was truncated, CNAMEs followed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/random.h"
#include "core/task.h"
#include "net/dns_answer.h"

namespace tandem::net {

struct DnsError : std::exception {
  explicit DnsError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

class DnsClient {
 public:
  struct Options {
    std::string address;
    std::uint16_t port = 53;
    std::chrono::milliseconds timeout{2'000};  ///< for each attempt
    unsigned attempts = 3;
  };
  /// Borrows random, which draws the message ids.
  DnsClient(core::Random& random, Options options) : random_(random), options_(options) {}

  /// The server's answer to one question, whatever its code. Throws DnsError when none comes.
  Task<dns::Answer> query(std::string name, dns::Type type);

  struct Addresses {
    std::vector<std::string> addresses;  ///< dotted quads, in the order of the answer
    std::uint32_t ttl = 0;               ///< the least on the way, CNAMEs included
  };
  /// Throws DnsError naming the code ("NXDOMAIN") or that there is no address.
  Task<Addresses> resolve_a(std::string name);

 private:
  core::Random& random_;
  Options options_;
};

}  // namespace tandem::net
