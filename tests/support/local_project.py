"""A small project of the same shape as this one, for the tests of the local run: one page, three functions."""

from pathlib import Path

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  SiteUrl: {Type: String, Default: https://example.org}
  SenderAddress: {Type: String, Default: forms@example.org}
  StaffAddresses: {Type: CommaDelimitedList, Default: "one@example.org,two@example.org"}
Globals:
  Function:
    CodeUri: functions/
    Runtime: python3.13
    MemorySize: 256
    Timeout: 15
    Environment:
      Variables:
        ITEMS_TABLE: !Ref Items
        SENDER_ADDRESS: !Ref SenderAddress
        SITE_URL: !Ref SiteUrl
        SECRET_ARN: !Ref Secret
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: echo.handler
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /forms/echo, Method: GET}}
        Post: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /forms/echo, Method: POST}}
  KeepFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: keep.handler
      Policies: [{Statement: [{Effect: Allow, Action: "dynamodb:PutItem", Resource: !GetAtt Items.Arn}]}]
      Events:
        Post: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /forms/keep, Method: POST}}
  TellFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: tell.handler
      Policies:
        - Statement:
            - Effect: Allow
              Action: ["dynamodb:GetItem", "dynamodb:UpdateItem"]
              Resource: !GetAtt Items.Arn
            - Effect: Allow
              Action: ["ses:SendEmail", "ses:SendRawEmail"]
              Resource: !Sub arn:aws:ses:${AWS::Region}:${AWS::AccountId}:identity/${SenderAddress}
      Events:
        Items:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Items.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 4
            MaximumRetryAttempts: 2
            BisectBatchOnFunctionError: true
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria:
              Filters:
                - Pattern: '{"eventName": ["INSERT"]}'
            DestinationConfig:
              OnFailure: {Type: SQS, Destination: !GetAtt NotTold.Arn}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString: {PasswordLength: 40, ExcludePunctuation: true}
  NotTold: {Type: AWS::SQS::Queue}
  Items:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: id, AttributeType: S}
        - {AttributeName: due, AttributeType: S}
      KeySchema:
        - {AttributeName: id, KeyType: HASH}
      GlobalSecondaryIndexes:
        - IndexName: work
          KeySchema: [{AttributeName: due, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
  ResponseHeaders:
    Type: AWS::CloudFront::ResponseHeadersPolicy
    Properties:
      ResponseHeadersPolicyConfig:
        SecurityHeadersConfig:
          ContentSecurityPolicy:
            ContentSecurityPolicy: "default-src 'none'; script-src 'self'; connect-src 'self'"
            Override: true
          ContentTypeOptions: {Override: true}
          StrictTransportSecurity: {AccessControlMaxAgeSec: 63072000, Override: true}
        CustomHeadersConfig:
          Items: [{Header: Permissions-Policy, Value: camera=(), Override: true}]
  FormsRequests:
    Type: AWS::CloudFront::OriginRequestPolicy
    Properties:
      OriginRequestPolicyConfig:
        CookiesConfig: {CookieBehavior: none}
        HeadersConfig: {HeaderBehavior: whitelist, Headers: [Accept, Content-Type, CloudFront-Viewer-Address]}
        QueryStringsConfig: {QueryStringBehavior: all}
  Distribution:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        CacheBehaviors:
          - {PathPattern: /forms/*, OriginRequestPolicyId: !Ref FormsRequests}
        CustomErrorResponses:
          - {ErrorCode: 403, ResponseCode: 404, ResponsePagePath: /404.html}
          - {ErrorCode: 404, ResponseCode: 404, ResponsePagePath: /404.html}
"""

ECHO = '''
import json

WORD = "first"

def handler(event, context):
    """Answers with what it was called with; `?answer=` says what to answer instead."""
    query = event.get("queryStringParameters", {})
    if query.get("answer") == "crash":
        raise RuntimeError("as asked")
    if "answer" in query:
        return json.loads(query["answer"])
    about = {
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "arn": context.invoked_function_arn,
        "id": context.aws_request_id,
        "left": context.get_remaining_time_in_millis(),
    }
    content = json.dumps({"event": event, "context": about, "word": WORD})
    headers = {"content-type": "application/json", "x-content-type-options": "no"}
    return {"statusCode": 200, "headers": headers, "body": content}
'''

KEEP = '''
import base64, os
from urllib.parse import parse_qs
import boto3

def handler(event, context):
    """Keeps an item once: 201, or 200 where it is there."""
    print("kept")
    answers = parse_qs(base64.b64decode(event["body"]).decode())
    client = boto3.client("dynamodb")
    item = {name: {"S": values[0]} for name, values in answers.items()}
    try:
        client.put_item(TableName=os.environ["ITEMS_TABLE"], Item=item, ConditionExpression="attribute_not_exists(id)")
    except client.exceptions.ConditionalCheckFailedException:
        return {"statusCode": 200, "body": "there"}
    return {"statusCode": 201, "body": "kept"}
'''

TELL = '''
import os
from email.message import EmailMessage
import boto3

def handler(event, context):
    """Sends an e-mail for each new item, once: what was told is noted in the item."""
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]
        table = boto3.client("dynamodb")
        if "told" in table.get_item(TableName=os.environ["ITEMS_TABLE"], Key=key)["Item"]:
            continue
        message = EmailMessage()
        message["From"] = os.environ["SENDER_ADDRESS"]
        message["To"] = "office@example.org"
        message["Subject"] = f"About {key['id']['S']}"
        message.set_content("It is here.")
        message.add_alternative('<p style="color: green">It is here.</p>', subtype="html")
        sender, content = os.environ["SENDER_ADDRESS"], {"Raw": {"Data": message.as_bytes()}}
        boto3.client("sesv2").send_email(FromEmailAddress=sender, Content=content)
        table.update_item(
            TableName=os.environ["ITEMS_TABLE"], Key=key, UpdateExpression="SET told = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )
'''

MKDOCS = """
site_name: Sample
site_url: https://example.org/
theme: {name: null, custom_dir: theme, static_templates: [404.html]}
plugins: []
"""

FILES = {
    "template.yaml": TEMPLATE,
    "functions/echo.py": ECHO,
    "functions/keep.py": KEEP,
    "functions/tell.py": TELL,
    "mkdocs.yml": MKDOCS,
    "theme/main.html": "<html><body>{{ page.content }}</body></html>",
    "theme/404.html": "<html><body>Nothing here</body></html>",
    "docs/index.md": "# Welcome\n",
    "docs/contact.md": "# Contact\n",
    "docs/data.json": "{}\n",
}


def write_project(folder: Path) -> Path:
    """Write the sample project into a folder, and return the folder."""
    for name, content in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
    return folder
