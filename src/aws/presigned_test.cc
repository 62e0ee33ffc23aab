#include "aws/presigned.h"

#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

net::HttpRequest put(std::string query) {
  net::HttpRequest request;
  request.method = "PUT";
  request.target = "/bucket/key?" + std::move(query);
  return request;
}

TEST(Presigned, FieldsBecomeHeaders) {
  auto request =
      put("X-Amz-Signature=ab&X-Amz-Date=20261129T000000Z&x-amz-acl=private&x-amz-meta-a=b%20c");
  request.headers.add("x-amz-acl", "bucket-owner-full-control");
  restore_hoisted_headers(request);
  EXPECT_EQ(request.headers.get_or("x-amz-meta-a"), "b c");
  EXPECT_EQ(request.headers.get_or("x-amz-acl"), "bucket-owner-full-control");
  EXPECT_FALSE(request.headers.get("x-amz-date"));
  EXPECT_FALSE(request.headers.get("x-amz-signature"));
}

TEST(Presigned, OfLinksOfVersion2Too) {
  auto request = put("AWSAccessKeyId=AKIA&Signature=ab%3D&Expires=1&x-amz-meta-a=b");
  restore_hoisted_headers(request);
  EXPECT_EQ(request.headers.get_or("x-amz-meta-a"), "b");
}

TEST(Presigned, WhatNoHeaderCanBeIsNone) {
  auto request =
      put("X-Amz-Signature=ab&x-amz-meta-a=b%0D%0Ax-amz-acl:%20private&x-amz-meta%20b=c");
  restore_hoisted_headers(request);
  EXPECT_FALSE(request.headers.get("x-amz-meta-a"));
  EXPECT_FALSE(request.headers.get("x-amz-meta b"));
  EXPECT_FALSE(request.headers.get("x-amz-acl"));
}

TEST(Presigned, OthersStayAsTheyAre) {
  auto request = put("x-amz-acl=private");
  restore_hoisted_headers(request);
  EXPECT_FALSE(request.headers.get("x-amz-acl"));
}

}  // namespace
}  // namespace tandem::aws
