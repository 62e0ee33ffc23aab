// Literal messages are those AWS gives (seen in public issue trackers); the rules are those of the
// API reference of ChangeResourceRecordSets.
#include "services/route53/model/change_batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "core/text.h"
#include "services/route53/model/regions.h"

namespace tandem::route53 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ChangeBatchTest : public testing::Test {
 public:
  ChangeBatchTest() {
    apply(R"([{"Action":"CREATE","ResourceRecordSet":{"Name":"example.com","Type":"NS","TTL":172800,
                "ResourceRecords":[{"Value":"ns-1.awsdns-00.com."}]}},
              {"Action":"CREATE","ResourceRecordSet":{"Name":"example.com","Type":"SOA","TTL":900,
                "ResourceRecords":[{"Value":"ns-1.awsdns-00.com. h.amazon.com. 1 2 3 4 5"}]}}])");
  }

  void apply(std::string_view changes) {
    json::object batch{{"Changes", json::parse_text(changes).value()}};
    const Outcome outcome = apply_changes({"Z1", parse_name("example.com").value(), records_},
                                          parse_changes(batch, places_), world_);
    for (const RecordKey& key : outcome.erased) records_.erase(key);
    for (const RecordSet& record : outcome.written) records_[key_of(record)] = record;
  }
  /// The error's messages, or its text when it has none.
  std::vector<std::string> refusal(std::string_view changes) {
    const Records before = records_;
    try {
      apply(changes);
    } catch (const aws::ApiError& error) {
      EXPECT_EQ(records_.size(), before.size());
      const json::array* messages = json::find_array(error.members(), "messages");
      if (messages == nullptr) return {error.code() + ": " + error.message()};
      EXPECT_EQ(error.code(), "InvalidChangeBatch");
      std::vector<std::string> texts;
      for (const json::value& message : *messages) texts.push_back(json::to_std(message));
      return texts;
    }
    return {"accepted"};
  }
  static std::string change(std::string_view action, std::string_view name, std::string_view type,
                            std::string_view value, std::string_view more = "") {
    std::string quoted = json::to_text(json::value(json::string(value)));
    return fmt::format(R"({{"Action":"{}","ResourceRecordSet":{{"Name":"{}","Type":"{}","TTL":60,
                           "ResourceRecords":[{{"Value":{}}}]{}}}}})",
                       action, name, type, quoted, more);
  }
  static std::string list(std::initializer_list<std::string> changes) {
    return '[' + core::join(std::vector<std::string>(changes), ",") + ']';
  }
  static std::string weighted(std::string_view id, int weight) {
    return fmt::format(R"(,"SetIdentifier":"{}","Weight":{})", id, weight);
  }
  static std::string alias(std::string_view name, std::string_view zone, std::string_view target) {
    return fmt::format(R"({{"Action":"CREATE","ResourceRecordSet":{{"Name":"{}","Type":"A",
        "AliasTarget":{{"HostedZoneId":"{}","DNSName":"{}","EvaluateTargetHealth":true}}}}}})",
                       name, zone, target);
  }

  Records records_;
  const aws::Places places_ = aws::Places::built_in();
  BatchWorld world_{[](const AliasTarget& target) {
                      return region_of_alias_zone(target.hosted_zone_id) == "us-east-1" &&
                             target.dns_name.text == "d-a.execute-api.us-east-1.amazonaws.com.";
                    },
                    places_};
};

TEST_F(ChangeBatchTest, CreatesReplacesAndDeletes) {
  apply(list({change("CREATE", "a.example.com", "A", "192.0.2.1")}));
  apply(list({change("UPSERT", "a.example.com", "A", "192.0.2.2")}));
  ASSERT_EQ(records_.size(), 3u);
  apply(list({change("DELETE", "a.example.com", "A", "192.0.2.2")}));
  EXPECT_EQ(records_.size(), 2u);
}

TEST_F(ChangeBatchTest, SaysWhatExistsAndWhatDoesNot) {
  apply(list({change("CREATE", "a.example.com", "A", "192.0.2.1"),
              change("CREATE", "w.example.com", "A", "192.0.2.1", weighted("x", 1))}));
  EXPECT_THAT(refusal(list({change("CREATE", "A.example.com", "A", "192.0.2.9")})),
              ElementsAre("Tried to create resource record set [name='a.example.com.', type='A'] "
                          "but it already exists"));
  EXPECT_THAT(
      refusal(list({change("CREATE", "w.example.com", "A", "192.0.2.9", weighted("x", 1))})),
      ElementsAre("Tried to create resource record set [name='w.example.com.', type='A', "
                  "set-identifier='x'] but it already exists"));
  EXPECT_THAT(refusal(list({change("DELETE", "b.example.com", "A", "192.0.2.9")})),
              ElementsAre("Tried to delete resource record set [name='b.example.com.', type='A'] "
                          "but it was not found"));
  EXPECT_THAT(refusal(list({change("DELETE", "a.example.com", "A", "192.0.2.9")})),
              ElementsAre("Tried to delete resource record set [name='a.example.com.', type='A'] "
                          "but the values provided do not match the current values"));
}

TEST_F(ChangeBatchTest, IsAllOrNothing) {
  EXPECT_THAT(refusal(list({change("CREATE", "a.example.com", "A", "192.0.2.1"),
                            change("DELETE", "b.example.com", "A", "192.0.2.9")})),
              testing::SizeIs(1));
  EXPECT_EQ(records_.size(), 2u);
}

// Route 53 applies a batch in its order: DNS tools put deletions first because they have to
// (octoDNS and dnscontrol do, lexicon's issues show the refusal).
TEST_F(ChangeBatchTest, AppliesABatchInItsOrder) {
  const std::string create_a = change("CREATE", "a.example.com", "A", "192.0.2.1");
  const std::string delete_cname = change("DELETE", "a.example.com", "CNAME", "b.example.com");
  apply(list({change("CREATE", "a.example.com", "CNAME", "b.example.com")}));
  EXPECT_THAT(refusal(list({create_a, delete_cname})),
              ElementsAre("RRSet of type A with DNS name a.example.com. is not permitted because a "
                          "conflicting RRSet of type CNAME with the same DNS name already exists "
                          "in zone example.com."));
  apply(list({delete_cname, create_a}));
  EXPECT_EQ(records_.size(), 3u);

  const std::string weight = change("CREATE", "a.example.com", "A", "192.0.2.2", weighted("x", 1));
  const std::string delete_a = change("DELETE", "a.example.com", "A", "192.0.2.1");
  EXPECT_THAT(refusal(list({weight, delete_a})),
              ElementsAre("RRSet with DNS name a.example.com., type A, SetIdentifier x cannot be "
                          "created as a non-weighted set exists with the same name and type."));
  apply(list({delete_a, weight}));
  EXPECT_EQ(records_.size(), 3u);
  // What was made by the batch may be taken back by it.
  apply(list({change("UPSERT", "n.example.com", "A", "192.0.2.1"),
              change("DELETE", "n.example.com", "A", "192.0.2.1")}));
  EXPECT_EQ(records_.size(), 3u);
}

TEST_F(ChangeBatchTest, RefusesNamesOutsideTheZone) {
  EXPECT_THAT(
      refusal(list({change("CREATE", "a.example.org", "A", "192.0.2.1")})),
      ElementsAre("RRSet with DNS name a.example.org. is not permitted in zone example.com."));
}

TEST_F(ChangeBatchTest, KeepsCnamesAloneAndOffTheApex) {
  EXPECT_THAT(refusal(list({change("CREATE", "example.com", "CNAME", "b.example.com")})),
              testing::Contains("RRSet of type CNAME with DNS name example.com. is not permitted "
                                "at apex in zone example.com."));
  apply(list({change("CREATE", "a.example.com", "A", "192.0.2.1"),
              change("CREATE", "c.example.com", "CNAME", "a.example.com")}));
  EXPECT_THAT(refusal(list({change("CREATE", "a.example.com", "CNAME", "b.example.com")})),
              ElementsAre("RRSet of type CNAME with DNS name a.example.com. is not permitted as it "
                          "conflicts with other records with the same DNS name in zone "
                          "example.com."));
  EXPECT_THAT(refusal(list({change("CREATE", "c.example.com", "A", "192.0.2.1")})),
              ElementsAre("RRSet of type A with DNS name c.example.com. is not permitted because a "
                          "conflicting RRSet of type CNAME with the same DNS name already exists "
                          "in zone example.com."));
}

TEST_F(ChangeBatchTest, DoesNotMixPoliciesOrTtls) {
  apply(list({change("CREATE", "s.example.com", "A", "192.0.2.1"),
              change("CREATE", "w.example.com", "A", "192.0.2.1", weighted("x", 1))}));
  EXPECT_THAT(
      refusal(list({change("CREATE", "s.example.com", "A", "192.0.2.1", weighted("y", 1))})),
      ElementsAre("RRSet with DNS name s.example.com., type A, SetIdentifier y cannot be created "
                  "as a non-weighted set exists with the same name and type."));
  EXPECT_THAT(refusal(list({change("CREATE", "w.example.com", "A", "192.0.2.1")})),
              ElementsAre("RRSet with DNS name w.example.com., type A cannot be created as other "
                          "RRSets exist with the same name and type."));
  std::string other = change("CREATE", "w.example.com", "A", "192.0.2.1", weighted("y", 1));
  other.replace(other.find("\"TTL\":60"), 8, "\"TTL\":61");
  EXPECT_THAT(
      refusal(list({other})),
      ElementsAre("RRSet with DNS name w.example.com. and type A, SetIdentifier y cannot be "
                  "created as weighted sets must contain the same TTL."));
}

TEST_F(ChangeBatchTest, ChecksAliasTargets) {
  apply(list({change("CREATE", "a.example.com", "A", "192.0.2.1")}));
  apply(
      list({alias("b.example.com", "Z1", "a.example.com"),
            alias("c.example.com", "Z1UJRXOUMOOFQ8", "d-a.execute-api.us-east-1.amazonaws.com")}));
  EXPECT_THAT(refusal(list({alias("d.example.com", "Z1", "nowhere.example.com")})),
              ElementsAre("Tried to create an alias that targets nowhere.example.com., type A in "
                          "zone Z1, but that target was not found"));
  EXPECT_THAT(refusal(list({alias("d.example.com", "Z1", "example.org")})),
              ElementsAre("Tried to create an alias that targets example.org., type A in zone Z1, "
                          "but the alias target name does not lie within the target zone",
                          "Tried to create an alias that targets example.org., type A in zone Z1, "
                          "but that target was not found"));
}

// Developer guide, "Routing traffic to a CloudFront distribution"; API reference, AliasTarget.
TEST_F(ChangeBatchTest, TakesAliasesToCloudFront) {
  std::string taken = alias("d.example.com", "Z2FDTNDATAQYW2", "x.cloudfront.net");
  EXPECT_THAT(refusal(list({taken})), ElementsAre(HasSubstr("EvaluateTargetHealth")));
  taken.replace(taken.find("true"), 4, "false");
  apply(list({taken}));
  std::string strange = alias("e.example.com", "Z2FDTNDATAQYW2", "x.example.org");
  strange.replace(strange.find("true"), 4, "false");
  EXPECT_THAT(refusal(list({strange})),
              ElementsAre(HasSubstr("does not lie within the target zone")));
}

TEST_F(ChangeBatchTest, HoldsTheTypesOf2024) {
  apply(list({change("CREATE", "h.example.com", "HTTPS", "1 . alpn=h3"),
              change("CREATE", "h.example.com", "SVCB", "1 svc.example.com. port=53"),
              change("CREATE", "_443._tcp.example.com", "TLSA", "3 1 1 00ff"),
              change("CREATE", "h.example.com", "SSHFP", "4 2 00ff")}));
  EXPECT_THAT(refusal(list({change("CREATE", "h.example.com", "LOC", "1")})),
              ElementsAre(HasSubstr("Value 'LOC' is not facet-valid")));
}

TEST_F(ChangeBatchTest, ReportsEveryBadValue) {
  EXPECT_THAT(
      refusal(list({change("CREATE", "a.example.com", "A", "no"),
                    change("CREATE", "b.example.com", "TXT", "bare")})),
      ElementsAre("Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is "
                  "not a valid IPv4 address) encountered with 'no''",
                  "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should "
                  "be enclosed in quotation marks) encountered with 'bare''"));
  EXPECT_THAT(refusal(list({change("CREATE", "a..example.com", "A", "192.0.2.1")})),
              ElementsAre("FATAL problem: DomainLabelEmpty (Domain label is empty) encountered "
                          "with 'a..example.com'"));
}

// external-dns #1929 shows the text.
TEST_F(ChangeBatchTest, RefusesTheSameValueTwice) {
  EXPECT_THAT(refusal(R"([{"Action":"CREATE","ResourceRecordSet":{"Name":"a.example.com","Type":"A",
                           "TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"},
                           {"Value":"192.0.2.2"},{"Value":"192.0.2.1"}]}}])"),
              ElementsAre("Duplicate Resource Record: '192.0.2.1'"));
}

TEST_F(ChangeBatchTest, KeepsTheApexServersAndSoa) {
  EXPECT_THAT(refusal(R"([{"Action":"DELETE","ResourceRecordSet":{"Name":"example.com","Type":"NS",
                  "TTL":172800,"ResourceRecords":[{"Value":"ns-1.awsdns-00.com."}]}}])"),
              ElementsAre("A HostedZone must contain at least one NS record for the zone itself."));
  EXPECT_THAT(refusal(R"([{"Action":"DELETE","ResourceRecordSet":{"Name":"example.com","Type":"SOA",
      "TTL":900,"ResourceRecords":[{"Value":"ns-1.awsdns-00.com. h.amazon.com. 1 2 3 4 5"}]}}])"),
              ElementsAre("A HostedZone must contain exactly one SOA record."));
}

TEST_F(ChangeBatchTest, RefusesTheSameChangeTwice) {
  const std::string create = change("CREATE", "a.example.com", "A", "192.0.2.1");
  EXPECT_THAT(
      refusal(list({create, create})),
      testing::Contains(HasSubstr("contains an invalid set of changes for a resource record "
                                  "set 'A a.example.com.'")));
}

TEST_F(ChangeBatchTest, ChecksTheStructure) {
  EXPECT_THAT(
      refusal(R"([{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com",
                           "Type":"A"}}])"),
      ElementsAre("InvalidInput: Invalid request: Expected exactly one of [AliasTarget, all "
                  "of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found "
                  "none in Change with [Action=UPSERT, Name=a.example.com, Type=A, "
                  "SetIdentifier=null]"));
  EXPECT_THAT(
      refusal(list({change("CREATE", "a.example.com", "A", "192.0.2.1", R"(,"Weight":1)")})),
      ElementsAre(HasSubstr("Missing field 'SetIdentifier'")));
  EXPECT_THAT(refusal(list({change("DROP", "a.example.com", "A", "192.0.2.1")})),
              ElementsAre(HasSubstr("Value 'DROP' is not facet-valid")));
  EXPECT_THAT(refusal(list({change("CREATE", "a.example.com", "A", "192.0.2.1",
                                   R"(,"SetIdentifier":"x","CidrRoutingConfig":{})")})),
              ElementsAre(HasSubstr("CidrRoutingConfig")));
}

TEST_F(ChangeBatchTest, CountsUpsertsTwice) {
  std::vector<std::string> creates;
  std::vector<std::string> upserts;
  for (int i = 0; i < 501; ++i) {
    const std::string name = fmt::format("n{}.example.com", i);
    creates.push_back(change("CREATE", name, "A", "192.0.2.1"));
    upserts.push_back(change("UPSERT", name, "A", "192.0.2.1"));
  }
  apply('[' + core::join(creates, ",") + ']');
  EXPECT_THAT(refusal('[' + core::join(upserts, ",") + ']'),
              ElementsAre("Number of records limit of 1000 exceeded."));
  const std::string text = '"' + std::string(254, 'x') + '"';
  std::string value = text;
  while (value.size() + text.size() < 4000) value += ' ' + text;
  std::vector<std::string> large;
  for (int i = 0; i < 9; ++i) {
    large.push_back(change("CREATE", fmt::format("t{}.example.com", i), "TXT", value));
  }
  EXPECT_THAT(refusal('[' + core::join(large, ",") + ']'),
              ElementsAre("Number of characters limit of 32000 exceeded."));
}

// Literal messages are from public issues of external-dns, cert-manager and Terraform's provider.
class GroupRulesTest : public ChangeBatchTest {
 public:
  static std::string set(std::string_view id, std::string_view policy, std::string_view name = "p",
                         std::string_view action = "CREATE") {
    return change(action, std::string(name) + ".example.com", "A", "192.0.2.1",
                  fmt::format(R"(,"SetIdentifier":"{}",{})", id, policy));
  }
  static constexpr std::string_view kEast = R"("Region":"us-east-1")";
  static constexpr std::string_view kWest = R"("Region":"us-west-2")";
  static constexpr std::string_view kGermany = R"("GeoLocation":{"CountryCode":"DE"})";
  static constexpr std::string_view kEurope = R"("GeoLocation":{"ContinentCode":"EU"})";
  static constexpr std::string_view kDefault = R"("GeoLocation":{"CountryCode":"*"})";
  static constexpr std::string_view kPrimary = R"("Failover":"PRIMARY","HealthCheckId":"h")";
  static constexpr std::string_view kSecondary = R"("Failover":"SECONDARY")";
  static constexpr std::string_view kMultivalue = R"("MultiValueAnswer":true)";
};

TEST_F(GroupRulesTest, GroupsOfEachAreMadeListedAndDeleted) {
  const std::vector<std::vector<std::string_view>> kGroups{{kEast, kWest},
                                                           {kPrimary, kSecondary},
                                                           {kGermany, kEurope, kDefault},
                                                           {kMultivalue, kMultivalue}};
  for (const auto& policies : kGroups) {
    std::vector<std::string> creates;
    std::vector<std::string> deletes;
    for (std::size_t i = 0; i < policies.size(); ++i) {
      creates.push_back(set(std::to_string(i), policies[i]));
      deletes.push_back(set(std::to_string(i), policies[i], "p", "DELETE"));
    }
    apply('[' + core::join(creates, ",") + ']');
    ASSERT_EQ(records_.size(), 2 + policies.size());
    for (const auto& [key, record] : records_) {
      EXPECT_TRUE(same_contents(record, record_from_document(to_document(record))));
    }
    apply('[' + core::join(deletes, ",") + ']');
    ASSERT_EQ(records_.size(), 2u);
  }
}

TEST_F(GroupRulesTest, ADeletionRepeatsThePolicy) {
  apply(list({set("a", kEast), set("b", kGermany, "g"), set("c", kSecondary, "f")}));
  for (const std::string& wrong :
       {set("a", kWest, "p", "DELETE"), set("b", kEurope, "g", "DELETE"),
        set("c", kPrimary, "f", "DELETE"), set("a", kMultivalue, "p", "DELETE")}) {
    EXPECT_THAT(refusal(list({wrong})), ElementsAre(HasSubstr("the values provided do not match")));
  }
}

TEST_F(GroupRulesTest, DoNotMix) {
  apply(list({set("w", R"("Weight":1)")}));
  EXPECT_THAT(refusal(list({set("x", kEast)})),
              ElementsAre("RRSet with DNS name p.example.com., type A, SetIdentifier x, and Region "
                          "Name=us-east-1 cannot be created because a non-latency RRSet with the "
                          "same name and type already exists."));
  EXPECT_THAT(refusal(list({set("x", R"("GeoLocation":{"ContinentCode":"NA"})")})),
              ElementsAre("RRSet with DNS name p.example.com., type A, SetIdentifier x, and "
                          "routing to [continent = (NA, North America)] cannot be created because "
                          "a non-GEO RRSet with the same name and type already exists."));
  EXPECT_THAT(refusal(list({set("x", kPrimary)})),
              ElementsAre("RRSet with DNS name p.example.com., type A, SetIdentifier x marked as "
                          "primary cannot be created because a non-failover RRSet with the same "
                          "name and type already exists."));
  EXPECT_THAT(refusal(list({set("x", kMultivalue)})),
              ElementsAre("RRSet with DNS name p.example.com., type A, SetIdentifier x cannot be "
                          "created because a non multivalue answer rrset exists with the same "
                          "name and type."));
  apply(list({set("l", kEast, "l")}));
  EXPECT_THAT(refusal(list({set("x", R"("Weight":1)", "l")})),
              ElementsAre("RRSet with DNS name l.example.com., type A, SetIdentifier x cannot be "
                          "created as a non-weighted set exists with the same name and type."));
  // One batch changes the policy of a whole group: nothing is ever missing.
  apply(list({set("w", R"("Weight":1)", "p", "DELETE"), set("w", kEast), set("x", kWest)}));
  EXPECT_EQ(records_.size(), 5u);
}

TEST_F(GroupRulesTest, MembersStandForDifferentThings) {
  apply(list({set("a", kEast), set("g", kGermany, "g"), set("s", kSecondary, "f")}));
  EXPECT_THAT(refusal(list({set("b", kEast)})),
              ElementsAre("RRSet with DNS name p.example.com., type A, SetIdentifier b, and Region "
                          "Name=us-east-1 cannot be created because a latency RRSet with the same "
                          "name, type and region already exists."));
  EXPECT_THAT(refusal(list({set("b", kGermany, "g")})),
              ElementsAre(HasSubstr("routing to [country = (DE, Germany)] cannot be created")));
  EXPECT_THAT(refusal(list({set("b", kSecondary, "f")})),
              ElementsAre(HasSubstr("marked as secondary cannot be created")));
  // Two that change places.
  apply(list({set("b", kWest)}));
  apply(list({set("a", kWest, "p", "UPSERT"), set("b", kEast, "p", "UPSERT")}));
}

TEST_F(GroupRulesTest, WhatTheirMembersMayBe) {
  EXPECT_THAT(refusal(list({set("p", R"("Failover":"PRIMARY")")})),
              ElementsAre("A non-alias primary ResourceRecordSet must have an associated health "
                          "check. No changes made."));
  EXPECT_THAT(refusal(list({set("x", R"("Weight":1,"Region":"us-east-1")")})),
              ElementsAre(HasSubstr("but found more than one in Change with [Action=CREATE")));
  EXPECT_THAT(refusal(list({set("x", R"("MultiValueAnswer":false)")})),
              ElementsAre(HasSubstr("MultiValueAnswer, or CidrRoutingConfig], but found none")));
  EXPECT_THAT(
      refusal(list({change("CREATE", "c.example.com", "CNAME", "b.example.com",
                           R"(,"SetIdentifier":"x","MultiValueAnswer":true)")})),
      ElementsAre("RRSet of type CNAME with DNS name c.example.com. is not permitted as multivalue "
                  "answer in zone example.com."));
  EXPECT_THAT(refusal(R"([{"Action":"CREATE","ResourceRecordSet":{"Name":"m.example.com",
                  "Type":"A","SetIdentifier":"x","MultiValueAnswer":true,"AliasTarget":{
                  "HostedZoneId":"Z1UJRXOUMOOFQ8","EvaluateTargetHealth":true,
                  "DNSName":"d-a.execute-api.us-east-1.amazonaws.com"}}}])"),
              ElementsAre(HasSubstr("is not permitted as multivalue answer alias")));
  for (const char* wrong :
       {R"("GeoLocation":{"CountryCode":"ZZ"})", R"("GeoLocation":{"ContinentCode":"XX"})",
        R"("GeoLocation":{"CountryCode":"US","SubdivisionCode":"ZZ"})",
        R"("GeoLocation":{"CountryCode":"DE","SubdivisionCode":"BE"})",
        R"("GeoLocation":{"CountryCode":"DE","ContinentCode":"EU"})",
        R"("GeoLocation":{"SubdivisionCode":"WA"})", R"("GeoLocation":{})"}) {
    EXPECT_THAT(refusal(list({set("x", wrong)})), ElementsAre(HasSubstr("InvalidInput"))) << wrong;
  }
}

}  // namespace
}  // namespace tandem::route53
