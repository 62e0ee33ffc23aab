// The authoritative server's brain: a query in, an answer out, from compiled zones and the health
// of the moment. Synchronous, no I/O; answers from zones are made without allocation (but for
// wildcards).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "net/dns_message.h"
#include "services/route53/model/compiled_zone.h"
#include "services/route53/model/regions.h"

namespace tandem::route53 {

class Answerer {
 public:
  enum class Transport { kUdp, kTcp };

  /// Borrows health, places and random.
  Answerer(const HealthBoard& health, const aws::Places& places, core::Random& random,
           std::vector<RegionalEndpoint> endpoints, core::Pace pace);

  /// Adds the zone, or replaces the one with its id. Of two zones with one name, the one added
  /// first answers: each would have name servers of its own on AWS.
  void put_zone(std::shared_ptr<const CompiledZone> zone);
  void remove_zone(std::string_view id);
  void clear() { zones_.clear(); }
  void set_endpoints(std::vector<RegionalEndpoint> endpoints) { endpoints_ = std::move(endpoints); }

  /// Who asks: the address of the client or its resolver, 4 or 16 bytes. Where a query says nothing
  /// of the client's subnet, the resolver's place is the client's. Empty: nothing is known.
  struct Asker {
    Transport transport = Transport::kUdp;
    std::span<const std::uint8_t> address;
  };
  /// Writes the answer and returns its size; 0: none is to be given. out has at least 512 bytes.
  std::size_t answer(std::span<const std::byte> message, std::span<std::byte> out,
                     const Asker& asker);

  /// The first IPv4 address of a name as a resolver would find it, for health checks: CNAMEs and
  /// aliases followed. Nothing when it has none.
  struct Resolution {
    std::string rdata;  ///< four bytes; empty when there is no address
    net::dns::Rcode rcode = net::dns::Rcode::kNoError;
  };
  Resolution resolve(std::string_view wire_name);

  /// Calls see(zone) for every zone that answers.
  template <class See>
  void for_each_zone(See see) const {
    for (const auto& [name, same_name] : zones_) see(*same_name.front());
  }

  struct Stats {
    std::array<std::uint64_t, 2> queries{};   ///< by Transport
    std::array<std::uint64_t, 17> answers{};  ///< by Rcode
    std::uint64_t truncated = 0;
    std::uint64_t dropped = 0;
  };
  const Stats& stats() const { return stats_; }
  /// How many queries each hosted zone answered, by its id.
  std::vector<std::pair<std::string, std::uint64_t>> queries_by_zone() const;

 private:
  struct Lookup;  ///< the name being looked up, and what the answer has become

  std::size_t respond(std::span<const std::byte> message, std::span<std::byte> out,
                      const Asker& asker, net::dns::Rcode& rcode, bool& truncated);
  Origin origin_of(const net::dns::Query& query, const Asker& asker) const;
  const CompiledZone* find_zone(std::string_view name) const;
  void look_up(Lookup& at);
  /// One name of the chain. True when a CNAME leads on.
  bool step(Lookup& at);
  bool step_zone(Lookup& at, const CompiledZone& zone);
  bool answer_group(Lookup& at, const CompiledZone& zone, const RecordGroup& group);
  /// False when it did not fit: the answer is truncated then.
  bool add_members(Lookup& at, net::dns::Type type, const Choice& choice);
  bool add_values(Lookup& at, net::dns::Type type, const Member& member, std::uint32_t ttl);
  void add_name_servers(Lookup& at, const CompiledZone& zone);
  void add_addresses(Lookup& at, const CompiledZone& zone, net::dns::Type type,
                     const Member& member);
  void refer(Lookup& at, const CompiledZone& zone, std::string_view cut,
             const RecordGroup& servers);
  void deny(Lookup& at, const CompiledZone& zone, net::dns::Rcode rcode);
  /// above is whose name is told when there is no such region.
  void answer_regional(Lookup& at, std::string_view zone, std::size_t labels_below,
                       std::string_view above);
  void deny_regional(Lookup& at, std::string_view owner, net::dns::Rcode rcode);
  void answer_any(Lookup& at);

  const HealthBoard& health_;
  const aws::Places& places_;
  core::Random& random_;
  std::vector<RegionalEndpoint> endpoints_;
  core::Pace pace_;
  std::string amazonaws_;     ///< "amazonaws.com." in wire form
  std::string on_aws_;        ///< "on.aws."
  std::string regional_soa_;  ///< its data
  ByName<std::vector<std::shared_ptr<const CompiledZone>>> zones_;
  Stats stats_;
};

}  // namespace tandem::route53
